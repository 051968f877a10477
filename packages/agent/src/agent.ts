import { mkdir, readdir, readFile } from 'node:fs/promises'
import { cpus, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'
import type { AgentHello, AttemptRef, ControlPlane } from '@rondo/protocol'
import { type AttemptDeps, type PlacedTask, runAttempt, type StoppableSignal } from './attempt/attempt.ts'
import { untilReachable } from './control-plane/retry.ts'
import type { Executor } from './executors/executor.ts'
import type { StopReason } from './reports/endings.ts'

export interface AgentOptions {
  readonly name: string
  readonly version: string
  readonly controlPlane: ControlPlane
  readonly executor: Executor
  readonly dataFolder: string
  readonly log: AttemptDeps['log']
  /** Removes containers of attempts this agent does not know any more; answers how many. */
  readonly sweep?: (keep: ReadonlySet<string>) => Promise<number>
}

interface Running {
  readonly ref: AttemptRef
  readonly cpus: number
  readonly memoryMb: number
  readonly controller: AbortController
  readonly done: Promise<void>
}

const claimWaitMs = 10_000
const heartbeatWaitMs = 8_000
/** Slices of a core that small jobs may share: a machine's CPUs are offered this many times over. */
const overcommit = 2

/** Claims tasks that fit, runs them, keeps their leases; until the signal aborts. Attempts then stay for the next agent. */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const running = new Map<string, Running>()
  const machine = { cpus: cpus().length, memoryMb: Math.floor(totalmem() / 1024 / 1024) }
  const hello: AgentHello = {
    name: options.name,
    version: options.version,
    hostname: hostname(),
    os: process.platform,
    arch: process.arch,
    ...machine,
    executors: [options.executor.kind],
  }
  /** Ends the wait of the claim loop: the room has changed. */
  let changed = new AbortController()
  /** Ends the wait of the heartbeat loop: there is one more attempt. */
  let begun = new AbortController()

  function begin(claim: PlacedTask): void {
    if (running.has(claim.attemptId)) return
    const controller = new AbortController()
    const attemptSignal: StoppableSignal = controller.signal
    attemptSignal.stop = (reason) => controller.abort(reason)
    const { attemptId, epoch, cpus, memoryMb } = claim
    const done = runAttempt(options, { attemptId, epoch, cpus, memoryMb }, attemptSignal).finally(() => {
      running.delete(claim.attemptId)
      changed.abort()
    })
    running.set(claim.attemptId, { ref: claim, cpus: claim.cpus, memoryMb: claim.memoryMb, controller, done })
    begun.abort()
    changed.abort()
  }

  await mkdir(join(options.dataFolder, 'tasks'), { recursive: true, mode: 0o700 })
  const { agentId } = await untilReachable(() => options.controlPlane.hello(hello), signal)
  for (const claim of await leftAttempts(options.dataFolder)) begin(claim)
  const swept = await options.sweep?.(new Set(running.keys())).catch(() => 0)
  options.log('ready', { executor: options.executor.kind, adopted: running.size, swept: swept ?? 0, ...machine })

  await Promise.all([claimLoop(), heartbeatLoop()])
  for (const attempt of running.values()) attempt.controller.abort('shutdown' satisfies StopReason)
  await Promise.allSettled([...running.values()].map((attempt) => attempt.done))

  function free(): { cpus: number; memoryMb: number; tasks: number } {
    const used = [...running.values()]
    return {
      cpus: Math.max(0, machine.cpus * overcommit - used.reduce((sum, attempt) => sum + attempt.cpus, 0)),
      memoryMb: Math.max(0, machine.memoryMb - used.reduce((sum, attempt) => sum + attempt.memoryMb, 0)),
      tasks: Math.max(0, machine.cpus * 4 - used.length),
    }
  }

  /** Claims while something is free. */
  async function claimLoop(): Promise<void> {
    while (!signal.aborted) {
      const room = free()
      changed = new AbortController()
      const until = AbortSignal.any([signal, changed.signal])
      if (room.tasks === 0 || room.cpus <= 0) {
        await sleep(claimWaitMs, undefined, { signal: until }).catch(() => {})
        continue
      }
      try {
        for (const claim of await options.controlPlane.claim(
          {
            agentId,
            free: room,
            executors: [options.executor.kind],
            waitMs: claimWaitMs,
            running: [...running.keys()],
          },
          // More room asks anew. An answer that is lost thereby is given again: what is running is named.
          until,
        ))
          begin(claim)
      } catch (error) {
        await afterTrouble(error)
      }
    }
  }

  /** Keeps the leases and obeys stops; one open request for all attempts, begun anew when their set changes. */
  async function heartbeatLoop(): Promise<void> {
    while (!signal.aborted) {
      begun = new AbortController()
      const until = AbortSignal.any([signal, begun.signal])
      const attempts = [...running.values()]
        .filter((attempt) => !attempt.controller.signal.aborted)
        .map((attempt) => ({ attemptId: attempt.ref.attemptId, epoch: attempt.ref.epoch }))
      try {
        if (attempts.length === 0) {
          await sleep(heartbeatWaitMs, undefined, { signal: until })
          continue
        }
        const answer = await options.controlPlane.heartbeat({ agentId, attempts, waitMs: heartbeatWaitMs }, until)
        for (const order of answer.stop)
          running.get(order.attemptId)?.controller.abort(order.reason satisfies StopReason)
      } catch (error) {
        if (!isAbort(error)) await afterTrouble(error)
      }
    }
  }

  /** A server that restarted does not know this agent's machine any more. */
  async function afterTrouble(error: unknown): Promise<void> {
    if (signal.aborted || isAbort(error)) return
    await sleep(250 + Math.random() * 250, undefined, { signal }).catch(() => {})
    if (error instanceof AppError && error.code === 'conflict') await options.controlPlane.hello(hello).catch(() => {})
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.cause instanceof DOMException)
}

/** Attempts whose folders a dead agent left. */
async function leftAttempts(dataFolder: string): Promise<readonly PlacedTask[]> {
  const folder = join(dataFolder, 'tasks')
  const names = await readdir(folder)
  const claims = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name, 'task.json'), 'utf8').catch(() => '')
      // Folders of older agents do not say what the task counts for.
      return text === '' ? [] : [{ cpus: 1, memoryMb: 1024, ...(JSON.parse(text) as AttemptRef) }]
    }),
  )
  return claims.flat()
}
