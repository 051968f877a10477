import type { ExpectedStart, ForecastFacts } from '@rondo/model'
import { Future } from './future.ts'

/** What bounds the work: who waits behind so many starts waits too long for a forecast to be worth much. */
export interface ForecastBounds {
  readonly starts: number
  /** How often it is asked whose turn it is. */
  readonly turns: number
}

const standardBounds: ForecastBounds = { starts: 1_000, turns: 5_000 }
/** So many turns follow each other without a pause; a few milliseconds. */
const turnsAtOnce = 50

/**
 * When waiting jobs are expected to start, by their ids; of lock nodes, when they are expected to have their lock, and of approvals, when they may be given. Plays the
 * future through: what runs ends when such tasks usually do, and passes; whose turn it is, the very function decides that
 * hands tasks out; and what follows in the workflows is queued in its time. Of who is missing nobody can say anything: an
 * approval comes first, no agent takes it, new work is blocked, too much is ahead of it, or nothing ever ran here. Depends on the facts alone;
 * `pause` lets others have the processor now and then.
 */
export async function expectedStarts(
  facts: ForecastFacts,
  pause: () => Promise<void>,
  bounds: ForecastBounds = standardBounds,
): Promise<ReadonlyMap<string, ExpectedStart>> {
  const future = new Future(facts)
  for (let paused = 0; future.starts.size < bounds.starts && future.turns < bounds.turns && future.goOn(); ) {
    if (future.turns - paused < turnsAtOnce) continue
    paused = future.turns
    await pause()
  }
  // A guess is no forecast: where nothing ever ran, only what starts any moment is foretold.
  if (facts.jobs.some((job) => job.lengths.length > 0)) return future.starts
  return new Map([...future.starts].filter(([, start]) => start.inMs === 0))
}
