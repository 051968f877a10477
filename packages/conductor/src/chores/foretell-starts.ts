import { type Clock, expectedStarts, type RunQueue } from '@rondo/model'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

export interface ForecastPorts {
  readonly queue: Pick<RunQueue, 'forecastFacts' | 'saveForecasts'>
  readonly clock: Clock
}

/** Writes down when each waiting task is expected to start, and when it did, so that the forecast's error is known. */
export function foretellStarts(ports: ForecastPorts, options: LoopOptions, signal: AbortSignal): Promise<void> {
  return runPeriodically(ports, { everyMs: 5_000, ...options, round: () => foretell(ports) }, signal)
}

/** One look; answers false, since the next can wait. */
export async function foretell({ queue }: Pick<ForecastPorts, 'queue'>): Promise<boolean> {
  const starts = (await queue.forecastFacts()).flatMap((facts) => [...expectedStarts(facts)])
  await queue.saveForecasts(new Map(starts))
  return false
}
