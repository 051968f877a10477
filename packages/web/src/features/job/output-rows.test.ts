import { expect, test } from 'vitest'
import { likelyHeight, rowsToDraw } from './output-rows.ts'

const line = (length: number) => [{ text: 'x'.repeat(length), style: {} }]
const range = { startIndex: 100, endIndex: 130, overscan: 0, count: 1_000 }

test('short lines are drawn some way ahead, up to the first and the last', () => {
  const lines = Array.from({ length: 1_000 }, () => line(80))

  const drawn = rowsToDraw(range, lines)
  const atEnd = rowsToDraw({ ...range, startIndex: 5, endIndex: 999 }, lines)

  expect([drawn[0], drawn.at(-1), drawn.length]).toEqual([70, 160, 91])
  expect([atEnd[0], atEnd.at(-1)]).toEqual([0, 999])
})

test('of lines that fill the page many times only those that are seen are drawn', () => {
  const lines = Array.from({ length: 1_000 }, () => line(65_536))

  expect(rowsToDraw({ ...range, endIndex: 101 }, lines)).toEqual([100, 101])
})

test('a line is taken to be as high as its text is long', () => {
  expect(likelyHeight(line(0), 830)).toBe(19)
  expect(likelyHeight(line(100), 830)).toBe(19)
  expect(likelyHeight(line(1_001), 830)).toBe(11 * 19)
  expect(likelyHeight(line(100), 0)).toBe(5 * 19)
})
