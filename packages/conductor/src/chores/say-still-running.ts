import type { Clock, RunQueue } from '@rondo/model'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

/** Tasks: held back by a limit, waiting for an agent, and running. */
export interface Heartbeat {
  readonly held: number
  readonly waiting: number
  readonly running: number
}

/** Says every two minutes, also when there is nothing to do, that the dispatcher is at work and has a database to ask (ledger L-383). */
export function sayStillRunning(
  ports: { readonly queue: Pick<RunQueue, 'summary'>; readonly clock: Clock },
  { say, ...options }: LoopOptions & { readonly say: (heartbeat: Heartbeat) => void },
  signal: AbortSignal,
): Promise<void> {
  return runPeriodically(
    ports,
    {
      everyMs: 120_000,
      ...options,
      async round() {
        const { held, waiting, running } = await ports.queue.summary()
        say({ held, waiting, running })
        return false
      },
    },
    signal,
  )
}
