import type { TaskSpec } from '@rondo/protocol'
import { runAttempt } from '../attempt/attempt.ts'
import type { StoppableSignal } from '../attempt/stop-signal.ts'
import { createFakeServer, type FakeServer } from './fake-server.ts'
import { createProcessExecutor } from './process-executor.ts'

export interface RanTask {
  readonly server: FakeServer
  /** `2 passed`, for every step in the order they ended, and the job's result at the end. */
  readonly ends: readonly string[]
}

/** Runs a task to its end as plain processes of this machine, with `home` as the job's home folder. */
export async function runTask(
  home: string,
  spec: TaskSpec,
  server: FakeServer = createFakeServer(spec),
): Promise<RanTask> {
  const controller = new AbortController()
  const signal: StoppableSignal = controller.signal
  signal.stop = (reason) => controller.abort(reason)
  const log: string[] = []
  await runAttempt(
    {
      controlPlane: server.controlPlane,
      executor: createProcessExecutor(home),
      dataFolder: home,
      heardAt: server.heardAt,
      log: (message, fields) => void log.push(`${message} ${JSON.stringify(fields)}`),
    },
    { attemptId: spec.attemptId, epoch: spec.epoch, cpus: 1, memoryMb: 1024 },
    signal,
  )
  if (log.length > 0) throw new Error(log.join('\n'))
  const ends = server.entries.flatMap((entry) =>
    entry.type === 'step-finished'
      ? [`${entry.step} ${entry.result}`]
      : entry.type === 'task-finished'
        ? [entry.result]
        : [],
  )
  return { server, ends }
}
