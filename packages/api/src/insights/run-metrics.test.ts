import { expect, test } from 'vitest'
import { durationMetrics, type MeasuredRun, runMetrics } from './run-metrics.ts'

const run = (outcome: MeasuredRun['outcome'], endsAtSecond: number, seconds: number | null = 10): MeasuredRun => ({
  outcome,
  createdAt: new Date(0),
  stoppedAt: new Date(endsAtSecond * 1000),
  seconds,
})

test('the success rate leaves canceled runs out, and counts them as runs [I-074]', () => {
  const metrics = runMetrics([run('success', 1), run('success', 2), run('failed', 3), run('other', 4)], 2)

  expect(metrics).toMatchObject({ total_runs: 4, successful_runs: 2, failed_runs: 1, throughput: 2 })
  expect(metrics.success_rate).toBeCloseTo(2 / 3)
})

test('a recovery takes from the first failure to the next success, in whatever order runs are told [I-074]', () => {
  const runs = [run('success', 100), run('failed', 40), run('failed', 10), run('success', 5), run('failed', 200)]

  expect(runMetrics(runs, 1)).toMatchObject({ total_recoveries: 1, mttr: 90 })
})

test('durations are summed up by ranks that occurred [I-074]', () => {
  const seconds = Array.from({ length: 100 }, (_none, index) => index + 1)

  expect(durationMetrics(seconds)).toMatchObject({ min: 1, mean: 51, median: 50, p95: 95, max: 100 })
  expect(durationMetrics([7])).toEqual({ min: 7, mean: 7, median: 7, p95: 7, max: 7, standard_deviation: 0 })
})

test('where nothing ran there is nothing to sum up', () => {
  expect(runMetrics([], 90)).toMatchObject({ total_runs: 0, success_rate: 0, throughput: 0, mttr: 0 })
  expect(runMetrics([], 90).duration_metrics.median).toBeNull()
})
