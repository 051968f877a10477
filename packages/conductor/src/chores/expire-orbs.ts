import type { Clock, OrbStore } from '@rondo/model'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

/** Rows of so many versions a transaction. */
const batch = 100

/** Takes dev versions away whose 90 days are over (semantics 9.1). What ran with them keeps their contents. */
export function expireOrbs(
  ports: { readonly orbs: Pick<OrbStore, 'dropExpired'>; readonly clock: Clock },
  options: LoopOptions,
  signal: AbortSignal,
): Promise<void> {
  return runPeriodically(
    ports,
    { everyMs: 600_000, ...options, round: async () => (await ports.orbs.dropExpired(batch)) === batch },
    signal,
  )
}
