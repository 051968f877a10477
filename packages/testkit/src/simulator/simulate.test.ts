import { describe, expect, test } from 'vitest'
import { simulate } from './simulate.ts'

const blocks = Array.from({ length: 5 }, (_, index) => ({ from: index * 50 + 1, to: index * 50 + 50 }))

describe('simulated worlds', () => {
  test.each(blocks)(
    'keep every invariant from their first statement to their rest (seeds $from to $to)',
    async ({ from, to }) => {
      let starts = 0
      for (let seed = from; seed <= to; seed++) {
        const result = await simulate({ seed })
        starts += result.starts
        expect({ seed, violations: result.violations }).toEqual({ seed, violations: [] })
      }
      // Nothing would be broken in worlds in which nothing happens.
      expect(starts).toBeGreaterThan(50)
    },
    120_000,
  )

  test.each([7, 111, 240])('happen again, statement by statement, from their seed (%i)', async (seed) => {
    const traces: string[][] = [[], []]
    for (const trace of traces) await simulate({ seed, onTrace: (line) => trace.push(line) })

    expect(traces[0]!.length).toBeGreaterThan(100)
    expect(traces[1]).toEqual(traces[0])
  })
})
