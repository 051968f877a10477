import type { Clock, ExpectedStart, RunQueue } from '@rondo/model'
import { expectedStarts } from '../decisions/forecast/expected-starts.ts'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

export interface ForecastPorts {
  readonly queue: Pick<RunQueue, 'forecastFacts' | 'saveForecasts'>
  readonly clock: Clock
}

/** Knows when waiting jobs are expected to start. What it tells somebody first is what is compared with the start that comes. */
export interface Forecaster {
  /** Looks anew, and writes down what was not foretold before; who asks meanwhile waits for the same look. */
  look(): Promise<void>
  /** Of a job that has waited for so long; undefined: nobody can say. Looks anew unless it has just looked, and the job was there then. */
  expected(jobId: string, waitedMs: number): Promise<ExpectedStart | undefined>
}

const nothing: ReadonlyMap<string, ExpectedStart> = new Map()

/** Pages ask again every few seconds, for each job that they show. */
const freshMs = 1_000
/** However many ask, of jobs however new: looks for them take no more than a third of the time. */
const askFactor = 3

export function createForecaster({ queue, clock }: ForecastPorts): Forecaster {
  let last:
    | { readonly at: number; readonly tookMs: number; readonly starts: ReadonlyMap<string, ExpectedStart> }
    | undefined
  let under: Promise<void> | undefined
  /** The next look for those that ask. */
  let next: Promise<void> | undefined
  /** What the last look wrote down, or found written down: it is not sent again. */
  let written: ReadonlySet<string> = new Set()

  async function lookNow(): Promise<void> {
    const at = clock.monotonicMs()
    const facts = await queue.forecastFacts()
    const starts = facts === undefined ? nothing : await expectedStarts(facts, () => clock.sleep(0))
    const keyed = [...starts].map((entry) => [`${entry[0]} ${entry[1].kind}`, entry] as const)
    await queue.saveForecasts(new Map(keyed.flatMap(([key, entry]) => (written.has(key) ? [] : [entry]))))
    written = new Set(keyed.map(([key]) => key))
    last = { at, tookMs: clock.monotonicMs() - at, starts }
  }

  function look(): Promise<void> {
    under ??= lookNow().finally(() => {
      under = undefined
    })
    return under
  }

  async function lookAfterRest(): Promise<void> {
    const rested = last === undefined ? 0 : clock.monotonicMs() - last.at
    await clock.sleep(Math.max(0, (last?.tookMs ?? 0) * askFactor - rested))
    await look()
  }

  function lookSoon(): Promise<void> {
    next ??= lookAfterRest().finally(() => {
      next = undefined
    })
    return next
  }

  return {
    look,
    async expected(jobId, waitedMs) {
      const oldest = clock.monotonicMs() - Math.min(freshMs, waitedMs)
      // A look that is under way may have begun before the job was there.
      for (let looks = 0; looks < 2 && (last?.at ?? Number.NEGATIVE_INFINITY) < oldest; looks++)
        // What else is known of the wait is told without it; a look that fails is told by the loop.
        await lookSoon().catch(() => {})
      const found = last?.starts.get(jobId)
      if (last === undefined || found === undefined) return undefined
      return { ...found, inMs: Math.max(0, found.inMs - (clock.monotonicMs() - last.at)) }
    },
  }
}

/** After a look of so many milliseconds it rests for ten times as long: a long queue is not to take the time of its work. */
const restFactor = 10

/** Foretells the start of each waiting job soon after it began to wait, also when nobody asks, so that the error is known of all. */
export function foretellStarts(
  ports: Pick<ForecastPorts, 'clock'> & { readonly forecaster: Pick<Forecaster, 'look'> },
  options: LoopOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, forecaster } = ports
  async function round(): Promise<boolean> {
    const began = clock.monotonicMs()
    await forecaster.look()
    await clock.sleep((clock.monotonicMs() - began) * restFactor, signal)
    return false
  }
  return runPeriodically(ports, { everyMs: 2_000, ...options, round }, signal)
}
