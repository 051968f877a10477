import { expect, test } from 'vitest'
import { createLineCounter } from './line-counter.ts'

function counterOf(text: string) {
  const bytes = Buffer.from(text)
  const reads: [number, number][] = []
  const counter = createLineCounter({
    async *read(_stepId, start, end = bytes.length) {
      reads.push([start, end])
      for (let at = start; at < Math.min(end, bytes.length); at += 3)
        yield bytes.subarray(at, Math.min(at + 3, end, bytes.length))
    },
  })
  const lineOf = (offset: number, dropped = () => false) => counter.lineOf('step', offset, dropped)
  return { lineOf, reads }
}

const text = 'one\ntwo\n\nfour\nfive'

test.each([
  [0, 1],
  [3, 1],
  [4, 2],
  [8, 3],
  [9, 4],
  [13, 4],
  [text.length, 5],
])('byte %i stands in line %i', async (offset, line) => {
  expect(await counterOf(text).lineOf(offset)).toBe(line)
})

test('what was counted is gone on from, and something earlier is counted anew', async () => {
  const { lineOf, reads } = counterOf(text)

  expect([await lineOf(9), await lineOf(15), await lineOf(4)]).toEqual([4, 5, 2])
  expect(reads).toEqual([
    [0, 9],
    [9, 15],
    [0, 4],
  ])
})

test('an output that is shorter than it was said to be is counted to its end, and further when there is more', async () => {
  expect(await counterOf(text).lineOf(1_000)).toBe(5)
})

test('nothing is counted for somebody who has gone', async () => {
  expect(await counterOf(text).lineOf(9, () => true)).toBeUndefined()
})
