/** A run as statistics see it; `seconds` is null for one that never ran, or has not ended. */
export interface MeasuredRun {
  readonly outcome: 'success' | 'failed' | 'other'
  readonly createdAt: Date
  readonly stoppedAt: Date | null
  readonly seconds: number | null
}

export interface DurationMetrics {
  readonly min: number | null
  readonly mean: number | null
  readonly median: number | null
  readonly p95: number | null
  readonly max: number | null
  readonly standard_deviation: number | null
}

/**
 * The figures of ledger I-074. The success rate leaves out what was canceled or has not ended; a recovery is the first
 * success after failures, and its time runs from the end of the first of them to the end of the success.
 */
export function runMetrics(runs: readonly MeasuredRun[], windowDays: number) {
  const successes = runs.filter((run) => run.outcome === 'success').length
  const failures = runs.filter((run) => run.outcome === 'failed').length
  const recoveries = recoveryTimes(runs)
  return {
    total_runs: runs.length,
    successful_runs: successes,
    failed_runs: failures,
    success_rate: successes + failures === 0 ? 0 : successes / (successes + failures),
    throughput: runs.length / windowDays,
    mttr: recoveries.length === 0 ? 0 : Math.round(mean(recoveries)),
    total_recoveries: recoveries.length,
    duration_metrics: durationMetrics(runs.flatMap(({ seconds }) => seconds ?? [])),
  }
}

export function durationMetrics(seconds: readonly number[]): DurationMetrics {
  if (seconds.length === 0)
    return { min: null, mean: null, median: null, p95: null, max: null, standard_deviation: null }
  const sorted = [...seconds].sort((a, b) => a - b)
  const average = mean(sorted)
  return {
    min: Math.round(sorted[0]!),
    mean: Math.round(average),
    median: Math.round(percentile(sorted, 50)),
    p95: Math.round(percentile(sorted, 95)),
    max: Math.round(sorted.at(-1)!),
    standard_deviation: Math.sqrt(mean(sorted.map((value) => (value - average) ** 2))),
  }
}

/** The nearest rank: a duration that was, never one between two. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1]!
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function recoveryTimes(runs: readonly MeasuredRun[]): readonly number[] {
  const ended = runs.filter((run) => run.stoppedAt !== null && run.outcome !== 'other')
  const times: number[] = []
  let failedAt: Date | undefined
  for (const { outcome, stoppedAt } of ended.sort((a, b) => a.stoppedAt!.getTime() - b.stoppedAt!.getTime())) {
    if (outcome === 'failed') failedAt ??= stoppedAt!
    else if (failedAt !== undefined) {
      times.push((stoppedAt!.getTime() - failedAt.getTime()) / 1000)
      failedAt = undefined
    }
  }
  return times
}
