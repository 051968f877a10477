import { describe, expect, test } from 'vitest'
import { expectedStarts, type ForecastFacts } from './forecast.ts'

const facts = (parts: Partial<ForecastFacts>): ForecastFacts => ({
  executor: 'docker',
  cpus: 4,
  running: [],
  waiting: [],
  ...parts,
})
const task = (taskId: string, usualMs: number | null = 10_000, cpus = 2) => ({ taskId, jobId: taskId, cpus, usualMs })

describe('the expected start', () => {
  test('is now while there is room, then when what runs usually ends', () => {
    const starts = expectedStarts(facts({ waiting: [task('a', 30_000), task('b', 10_000), task('c'), task('d')] }))

    expect([...starts]).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 10_000],
      ['d', 20_000],
    ])
  })

  test('counts what has run already; what takes longer than usual may end any moment', () => {
    const running = [
      { cpus: 2, elapsedMs: 4_000, usualMs: 10_000 },
      { cpus: 2, elapsedMs: 99_000, usualMs: 10_000 },
    ]

    expect([...expectedStarts(facts({ running, waiting: [task('a'), task('b')] })).values()]).toEqual([0, 6_000])
  })

  test('is unknown without agents, and a task larger than all of them waits for all', () => {
    const large = [task('a'), task('huge', 5_000, 64), task('b')]

    expect(expectedStarts(facts({ cpus: 0, waiting: large })).size).toBe(0)
    expect([...expectedStarts(facts({ waiting: large })).values()]).toEqual([0, 10_000, 15_000])
  })
})
