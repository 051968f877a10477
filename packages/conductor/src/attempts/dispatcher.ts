import {
  AppError,
  type AttemptContext,
  type AttemptIdentity,
  type CacheScope,
  type Clock,
  type Job,
  type Seat,
  type SeatHolder,
} from '@rondo/model'
import { type AgentHello, type AttemptRef, boxForm, type SealedControlPlane } from '@rondo/protocol'
import { cacheScope } from './attempt-trust.ts'
import type { DispatcherPorts } from './dispatcher-ports.ts'
import { endUnstarted } from './end-unstarted.ts'
import { leaseMs } from './ownership.ts'
import { createPresence } from './presence.ts'
import { createQuietQueue, type QuietQueue } from './quiet-queue.ts'
import { refuseStart } from './refuse-start.ts'
import { report } from './report.ts'
import { sealTask, sealToken } from './sealed-answers.ts'
import { stepIdOf } from './step-id.ts'
import { createTogether } from './together.ts'
import { usageRecord } from './usage-record.ts'

/** An agent by its credential, and which process speaks as it; undefined from agents of versions that do not say. */
export interface AskingProcess {
  readonly id: string
  readonly seat?: Seat | undefined
}

export interface Dispatcher {
  /** The server's side of the contract for one agent, whose identity comes from its credential alone (rule D-14). */
  controlPlane(agent: AskingProcess): SealedControlPlane
  /** Records an agent by the name its credential carries; answers its id. */
  register(hello: AgentHello): Promise<string>
}

/** How long a wait goes on without looking at the truth (rule D-07). */
const lookEveryMs = 2_000
const maxWaitMs = 40_000
const notGreeted = 'This agent has not said hello since the server started. Say hello, then go on.'
const opensNone =
  'This agent does not open the boxes in which this server hands out secrets: it is of another version. Install the server’s version on its machine, and start it again.'
const holdMs = 10 * 60_000
/** More than any config gives a job, with what the agent adds. */
const maxSteps = 100_000
const maxObjectBytes = 20 * 1024 ** 3

/** What the agents of a server have in common. */
interface Shared {
  /** What those that said hello have. */
  readonly machines: Map<string, { cpus: number; memoryMb: number }>
  readonly together: ReturnType<typeof createTogether>
  readonly queue: QuietQueue
  /** Notes that an agent was heard of. */
  readonly heard: (agentId: string) => void
}

export function createDispatcher(ports: DispatcherPorts): Dispatcher {
  const shared: Shared = {
    machines: new Map(),
    together: createTogether(ports),
    queue: createQuietQueue(ports.engine, ports.clock),
    heard: createPresence(ports.agents, ports.clock),
  }
  return {
    async register(hello) {
      return ports.engine.saveAgent(hello)
    },
    controlPlane: (agent) => createControlPlane(ports, agent, shared),
  }
}

function createControlPlane(
  ports: DispatcherPorts,
  { id: agentId, seat }: AskingProcess,
  shared: Shared,
): SealedControlPlane {
  const { engine, clock } = ports
  const { machines, together, queue, heard } = shared

  /** Claims that took tasks for an agent that had hung up meanwhile, to ask anew with more room. */
  let unheard = 0

  async function granted(ref: AttemptRef): Promise<AttemptIdentity> {
    const identity = await engine.check(agentId, ref)
    if (!identity.granted)
      throw new AppError('conflict', `Attempt ${ref.attemptId} has no start grant yet. Ask for it first.`)
    return identity
  }

  /** Refuses what is not open any more; whose it is, the grant finds out. */
  async function contextOf(ref: AttemptRef): Promise<AttemptContext> {
    const context = await engine.attemptContext(ref.attemptId)
    if (!context.open || context.identity.epoch !== ref.epoch) await engine.check(agentId, ref)
    return context
  }

  async function cachesOf(ref: AttemptRef): Promise<CacheScope> {
    await granted(ref)
    return cacheScope(await engine.attemptContext(ref.attemptId))
  }

  async function graphOf(ref: AttemptRef): Promise<{ readonly job: Job; readonly jobs: readonly Job[] }> {
    const { job } = await engine.attemptContext(ref.attemptId)
    return { job, jobs: await engine.workflowJobs(job.workflowId) }
  }

  /** Jobs whose workspace layers an attempt sees, in the order they are laid. */
  async function layerJobs(ref: AttemptRef): Promise<readonly string[]> {
    const { job, jobs } = await graphOf(ref)
    return upstreamOf(job, jobs).map((upstream) => upstream.keptFrom ?? upstream.id)
  }

  return {
    async hello(hello) {
      if (hello.boxes !== boxForm) throw new AppError('unauthenticated', opensNone)
      // What it calls itself says nothing: its name is its credential's.
      const holder = await ports.agents.greet(agentId, hello, seat)
      if (holder !== undefined) throw new AppError('conflict', alreadyThere(holder))
      machines.set(agentId, { cpus: hello.cpus, memoryMb: hello.memoryMb })
      return { agentId, leaseMs }
    },
    async claim(request, signal) {
      const machine = machines.get(agentId)
      if (machine === undefined) throw new AppError('conflict', notGreeted)
      if (request.waitMs > 0) heard(agentId)
      // A sandbox takes docker jobs where no engine is.
      const executors = request.executors.map((executor) => (executor === 'sandbox' ? 'docker' : executor))
      const { running } = request
      let looked: number | undefined
      let unwoken = false
      const deadline = endOfWait(clock, request.waitMs)
      for (;;) {
        // Listening starts before looking, so that nothing queued in between is missed.
        const lookInMs = untilNextLook(clock, deadline)
        const lookAt = clock.monotonicMs() + lookInMs
        const woken = ports.wakeups.wait('queue', lookInMs, signal)
        // A repeat of a claim whose answer was lost finds the same tasks, also when the lost one takes them only now.
        if (running !== undefined && looked !== unheard) {
          looked = unheard
          const unknown = await engine.claimedUnknown(agentId, running, { machine, leaseMs })
          if (unknown.length > 0) return unknown
        }
        // When nobody said anything, one look for all is cheaper than a claim of each.
        if (unwoken) await queue.look(executors, woken)
        // Who does not wait is not answered by what others saw.
        const idle = request.waitMs > 0 && queue.isQuiet(executors)
        const claimed = idle ? [] : await engine.claim({ agentId, free: request.free, machine, executors, leaseMs })
        if (claimed.length > 0 && signal.aborted) {
          unheard++
          await engine.transact((tx) => tx.notify('queue'))
        }
        if (claimed.length > 0 || signal.aborted || clock.monotonicMs() >= deadline) return claimed
        if (!idle) await queue.look(executors, woken)
        await woken
        unwoken = clock.monotonicMs() >= lookAt
      }
    },
    async grant(ref, key) {
      // 1. Everything the job was promised is at hand; otherwise it never starts.
      const context = await contextOf(ref)
      const { identity } = context
      const box = await sealTask(ports, context, key).catch(async (error: unknown) => {
        if (!(error instanceof AppError && error.code === 'forbidden')) throw error
        await refuseStart(ports, agentId, identity, error.message)
        throw new AppError('gone', `Attempt ${ref.attemptId} may not start. ${error.message}`)
      })
      // 2. The permission, once.
      const outcome = await together({ agentId, ref })
      if ('granted' in outcome && outcome.granted) return box
      if (await endUnstarted(ports, agentId, ref))
        throw new AppError('gone', `Attempt ${ref.attemptId} was canceled before its start.`)
      throw new AppError('conflict', `Attempt ${ref.attemptId} was granted its start before. It runs once.`)
    },
    async resume(ref, key) {
      await granted(ref)
      return sealTask(ports, await engine.attemptContext(ref.attemptId), key)
    },
    async heartbeat(request, signal) {
      const deadline = endOfWait(clock, request.waitMs)
      for (;;) {
        const woken = ports.wakeups.wait('stop', untilNextLook(clock, deadline), signal)
        const stop = await engine.renew(agentId, request.attempts, leaseMs)
        if (stop.length > 0 || signal.aborted || clock.monotonicMs() >= deadline) return { stop }
        await woken
      }
    },
    async checkIn(condition) {
      if (!machines.has(agentId)) throw new AppError('conflict', notGreeted)
      return { drain: (await ports.agents.checkIn(agentId, condition)).draining }
    },
    report: (request) => report(ports, together, agentId, request),
    async appendOutput(ref, step, offset, bytes, at) {
      if (!(Number.isInteger(step) && step >= 0 && step < maxSteps))
        throw new AppError('bad-request', `There is no step ${step}.`)
      // One that an earlier version of the server began has an id of its own.
      const [known] = await Promise.all([engine.stepId(ref.attemptId, step), granted(ref)])
      return { size: await ports.output.append(known ?? stepIdOf(ref.attemptId, step), offset, bytes, at) }
    },
    async reportUsage(ref, usage) {
      await granted(ref)
      await ports.usage.save(ref.attemptId, usageRecord(usage))
    },
    async beginHold(ref) {
      await granted(ref)
      return { forMs: (await ports.holds.begin(ref.attemptId, { forMs: holdMs, quota: ports.holdQuota ?? 3 })) ?? null }
    },
    async endHold(ref, why) {
      await granted(ref)
      await ports.holds.end(ref.attemptId, why)
    },
    async holdOrders(ref, after, waitMs, signal) {
      const deadline = clock.monotonicMs() + Math.min(waitMs, maxWaitMs)
      for (;;) {
        const left = Math.min(lookEveryMs, Math.max(0, deadline - clock.monotonicMs()))
        const woken = ports.wakeups.wait('stop', left, signal)
        await granted(ref)
        const orders = await ports.holds.orders(ref.attemptId, after)
        if (orders.length > 0 || signal.aborted || clock.monotonicMs() >= deadline) return orders
        await woken
      }
    },
    async uploadObject(ref, bytes, signal) {
      await granted(ref)
      return ports.objects.write(bytes, { maxBytes: maxObjectBytes, signal })
    },
    async downloadObject(ref, digest) {
      if (!(await engine.mayRead(await cachesOf(ref), await layerJobs(ref), digest)))
        throw new AppError(
          'forbidden',
          `Object ${digest} is neither a cache of this project nor in this job's workspace.`,
        )
      return ports.objects.read(digest)
    },
    async findCache(ref, keys) {
      const found = await engine.findCache(await cachesOf(ref), keys)
      if (found === undefined) return undefined
      return { ...found, createdAt: found.createdAt.toISOString() }
    },
    async hasCache(ref, key) {
      return engine.hasCache(await cachesOf(ref), key)
    },
    async findWorkspace(ref) {
      await granted(ref)
      const { job, jobs } = await graphOf(ref)
      const upstream = new Map(upstreamOf(job, jobs).map((other) => [other.keptFrom ?? other.id, other]))
      return (await engine.workspaceLayers([...upstream.keys()])).map(({ jobId, nodeIndex, digest, size }) => {
        const owner = upstream.get(jobId)!
        const after = upstreamOf(owner, jobs).map((other) => other.name)
        return { digest, size, job: owner.name, slice: nodeIndex, after }
      })
    },
    async otherSlices(ref) {
      const { jobId, taskId } = await granted(ref)
      const found = await engine.transact((tx) => tx.jobWithTasks(jobId))
      const others = (found?.tasks ?? []).filter((task) => task.id !== taskId)
      if (others.some((task) => task.phase === 'finished' && task.result !== 'passed')) return { others: 'failed' }
      return { others: others.every((task) => task.phase === 'finished') ? 'passed' : 'open' }
    },
    async admitSsh(ref, sha256, proven) {
      const { jobId } = await granted(ref)
      return { login: (await ports.sshAccess?.admit(jobId, sha256, proven)) ?? null }
    },
    async mintToken(ref, wanted, key) {
      await granted(ref)
      return sealToken(ports, await engine.attemptContext(ref.attemptId), wanted, key)
    },
    findTimings: async (ref, by) => engine.testTimings((await granted(ref)).jobId, by),
  }
}

/** What another process is told that wants to be an agent which lives. */
function alreadyThere({ hostname, since }: SeatHolder): string {
  const moment = since.toISOString().slice(0, 19).replace('T', ' ')
  return `This agent is another process already: on ${hostname || 'an unknown machine'}, since ${moment} UTC. End that one, or give this one a token of its own (\`rondo agent token create NAME\`). This one takes over when the other was silent for a minute and has no job any more.`
}

/** All who wait look at the same moments, so that the store answers them together. Whole milliseconds, so that time goes on. */
function untilNextLook(clock: Clock, deadline: number): number {
  const now = clock.monotonicMs()
  return Math.ceil(Math.max(0, Math.min(lookEveryMs - (now % lookEveryMs), deadline - now)))
}

/** Waits of a while end with a look: a thousand agents that wait are answered in groups, and ask anew in groups. */
function endOfWait(clock: Clock, waitMs: number): number {
  const end = clock.monotonicMs() + Math.min(waitMs, maxWaitMs)
  return waitMs < 2 * lookEveryMs ? end : end - (end % lookEveryMs)
}

/** Jobs upstream of one, in an order in which every job comes after those it requires. */
export function upstreamOf(job: Job, jobs: readonly Job[]): readonly Job[] {
  const byName = new Map(jobs.map((other) => [other.name, other]))
  const ordered = new Set<Job>()
  function visit(node: Job): void {
    for (const requirement of node.requires) {
      const upstream = byName.get(requirement.node)
      if (upstream === undefined || ordered.has(upstream)) continue
      visit(upstream)
      ordered.add(upstream)
    }
  }
  visit(job)
  return [...ordered]
}
