import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskSpec } from '@rondo/protocol'
import { runAttempt } from '../attempt/attempt.ts'
import type { StoppableSignal } from '../attempt/stop-signal.ts'
import type { StopReason } from '../reports/endings.ts'
import { createFakeServer, type FakeServer } from './fake-server.ts'
import { createProcessExecutor } from './process-executor.ts'

/**
 * An agent that works on one attempt in the folder `root`; `stop` with `shutdown` leaves it as a killed agent would, for
 * the next `begin`.
 */
export function attemptBench(root: string, spec: TaskSpec, server: FakeServer = createFakeServer(spec)) {
  const executor = createProcessExecutor(root)
  const log: string[] = []
  return {
    server,
    log,
    executor,
    begin() {
      const controller = new AbortController()
      const signal: StoppableSignal = controller.signal
      const stop = (reason: StopReason) => controller.abort(reason)
      signal.stop = stop
      const ended = runAttempt(
        {
          controlPlane: server.controlPlane,
          executor,
          dataFolder: root,
          heardAt: server.heardAt,
          log: (message, fields) => void log.push(`${message} ${JSON.stringify(fields)}`),
        },
        { attemptId: spec.attemptId, epoch: spec.epoch, cpus: 1, memoryMb: 1024 },
        signal,
      )
      return { stop, ended }
    },
  }
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5)
}

/** How each step ended, in the order the server heard of it, and the job's result at the end. */
export const endsOf = (server: FakeServer): readonly string[] =>
  server.entries.flatMap((entry) =>
    entry.type === 'step-finished'
      ? [`${entry.step} ${entry.result}`]
      : entry.type === 'task-finished'
        ? [entry.result]
        : [],
  )
