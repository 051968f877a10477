import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'
import type { AgentHello, ControlPlane } from '@rondo/protocol'
import { type AttemptDeps, type PlacedTask, runAttempt } from './attempt/attempt.ts'
import type { Executor } from './executors/executor.ts'
import { noteKept } from './hold/kept-environments.ts'
import { type Capacity, capacityOf } from './life/capacity.ts'
import { checkInLoop } from './life/check-in-loop.ts'
import { claimLoop } from './life/claim-loop.ts'
import { createGate } from './life/gate.ts'
import { heartbeatLoop } from './life/heartbeat-loop.ts'
import { type Housekeeping, keepHouse } from './life/housekeeping.ts'
import { leftAttempts } from './life/left-attempts.ts'
import { isAbort, type LoopPorts } from './life/loop-ports.ts'
import { createRoster } from './life/roster.ts'
import { isRefusal, takeSeat } from './life/take-seat.ts'
import type { SshOptions } from './ssh/ssh-options.ts'

export interface AgentOptions {
  readonly name: string
  readonly version: string
  readonly controlPlane: ControlPlane
  readonly executor: Executor
  readonly dataFolder: string
  readonly log: AttemptDeps['log']
  /** How people enter jobs over SSH; without it they cannot. */
  readonly ssh?: SshOptions
  /** What of the machine tasks may use; default all of it. */
  readonly capacity?: Capacity
  /** Aborts when the agent is to take nothing new, and to end when what runs has ended. */
  readonly drain?: AbortSignal
  /** Known holes of what jobs run in, each as a sentence: told to administrators. */
  readonly faults?: readonly string[]
  /** What the agent keeps in order beside its tasks; default nothing. */
  readonly house?: Housekeeping
}

/**
 * Claims tasks that fit, runs them, keeps their leases; until the signal aborts, which leaves attempts for the next agent,
 * or until nothing runs any more after `drain`. AppError `unauthenticated` when its token does not count, or no longer: what ran
 * is gone then.
 */
export async function runAgent(options: AgentOptions, stop: AbortSignal): Promise<void> {
  const { executor, log } = options
  const controlPlane = noteKept(options.controlPlane, { keeps: (attemptId) => roster.keeps(attemptId), log })
  const drained = new AbortController()
  const signal = AbortSignal.any([stop, drained.signal])
  let heardAt = performance.now()
  /** That this agent may not go on: why. */
  let refusal: AppError | undefined
  /** A greeting that is under way, after trouble that several loops met. */
  let greeting: Promise<void> | undefined
  const gate = createGate()
  const deps: AttemptDeps = {
    ...options,
    controlPlane,
    heardAt: () => heardAt,
    drained: () => gate.closedSince('administrator') !== undefined,
    waitsForSsh: (attemptId, waits) => roster.waitsForSsh(attemptId, waits),
    ...(options.drain === undefined ? {} : { draining: options.drain }),
  }
  const roster = createRoster(options.capacity ?? capacityOf(), (placed, own) =>
    // What could not even begin, for want of room say, is given to somebody else once its lease is over.
    runAttempt(deps, placed, own).catch((error) =>
      log('attempt could not begin', { attempt: placed.attemptId, error: String(error) }),
    ),
  )
  const hello: AgentHello = {
    name: options.name,
    version: options.version,
    hostname: hostname(),
    os: process.platform,
    arch: process.arch,
    cpus: roster.capacity.cpus,
    memoryMb: roster.capacity.memoryMb,
    executors: [executor.kind],
  }

  const left = await leftAttempts(options.dataFolder)
  const { agentId } = await takeSeat({ controlPlane, hello, log }, signal).catch(async (error) => {
    // Whoever has no right to it takes away what a process before it left running.
    if (isRefusal(error)) await letGo(left)
    throw error
  })
  heardAt = performance.now()
  for (const placed of left) roster.begin(placed)
  const swept = await options.house?.removeLeftovers(() => roster.attemptIds).catch(() => 0)
  log('ready', { executor: executor.kind, adopted: roster.size, swept: swept ?? 0, ...roster.capacity })

  const { faults = [] } = options
  const ports: LoopPorts = { controlPlane, executor: executor.kind, roster, gate, faults, afterTrouble }
  const heard = (askedAt: number) => {
    heardAt = Math.max(heardAt, askedAt)
  }
  const work = Promise.all([
    claimLoop(ports, agentId, signal),
    heartbeatLoop(ports, agentId, heard, signal),
    checkInLoop(ports, (status) => log('status', { status }), signal),
    ...(options.house === undefined ? [] : [keepHouse(options.house, roster, gate, log, signal)]),
    endWhenDrained(),
  ])
  await work
  roster.stopAll('shutdown')
  await roster.emptied()
  if (refusal !== undefined) throw refusal

  async function endWhenDrained(): Promise<void> {
    if (options.drain === undefined) return
    await aborted(AbortSignal.any([options.drain, signal]))
    if (signal.aborted) return
    gate.close('signal', 'It was asked at its machine to end when its tasks have.')
    // What the server has just given away may still be on its way here.
    await sleep(settleMs, undefined, { signal }).catch(() => {})
    await Promise.race([roster.emptied(), aborted(signal)])
    drained.abort()
  }

  /** What another agent may have by now, or nobody may do in this one's name any more, ends at once, and nothing is said of it. */
  async function letGo(placed: readonly PlacedTask[]): Promise<void> {
    for (const task of placed) roster.begin(task)
    roster.stopAll('gone')
    await roster.emptied()
  }

  /** A server that restarted does not know this agent's machine any more; or another process is this agent by now. */
  async function afterTrouble(error: unknown): Promise<void> {
    if (signal.aborted || isAbort(error)) return
    await sleep(250 + Math.random() * 250, undefined, { signal }).catch(() => {})
    if (isRefusal(error)) return end(error)
    if (!(error instanceof AppError && (error.code === 'conflict' || error.code === 'gone'))) return
    greeting ??= greetAgain().finally(() => (greeting = undefined))
    await greeting
  }

  async function greetAgain(): Promise<void> {
    const lost = () => void letGo([])
    await takeSeat({ controlPlane, hello, log, lost }, signal).catch((error) =>
      isRefusal(error) ? end(error) : undefined,
    )
  }

  async function end(error: AppError): Promise<void> {
    refusal = error
    await letGo([])
    drained.abort()
  }
}

const settleMs = 300

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
