import type { Clock, EngineStore } from '@rondo/model'
import { endLockWaits } from './lock-waits.ts'
import { runPeriodically } from './run-periodically.ts'
import type { StartChecks } from './start-job.ts'

export interface LimitPorts {
  readonly engine: EngineStore
  readonly checks: StartChecks
  readonly clock: Clock
}

/** How long things may take. All by the database's clock (rule D-04). */
export interface TimeLimits {
  /** A lock node's wait for its lock; default 5 hours (semantics 21.4). */
  readonly maxLockWaitMs?: number
}

/** Ends what has taken too long; looks every few seconds. Any number of processes may do so. */
export function enforceLimits(
  ports: LimitPorts,
  options: TimeLimits & { readonly everyMs?: number; readonly onError?: (error: unknown) => void },
  signal: AbortSignal,
): Promise<void> {
  return runPeriodically(
    ports,
    {
      everyMs: options.everyMs ?? 5_000,
      async round() {
        await endOverdue(ports, options)
        return false
      },
      ...(options.onError === undefined ? {} : { onError: options.onError }),
    },
    signal,
  )
}

/** One look. */
export async function endOverdue(ports: Omit<LimitPorts, 'clock'>, limits: TimeLimits): Promise<void> {
  await endLockWaits(ports, limits.maxLockWaitMs ?? 5 * 3_600_000)
}
