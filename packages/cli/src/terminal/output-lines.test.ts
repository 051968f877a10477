import { expect, test } from 'vitest'
import { OutputLines } from './output-lines.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('lines come whole, however their bytes were cut', () => {
  const lines = new OutputLines(false)
  const text = bytes('één\ntwee\nrest')
  expect(lines.take(text.subarray(0, 2))).toEqual([])
  expect(lines.take(text.subarray(2, 7))).toEqual(['één'])
  expect(lines.take(text.subarray(7))).toEqual(['twee'])
  expect(lines.end()).toEqual(['rest'])
  expect(lines.end()).toEqual([])
})

test('a line that was written over shows what it said last', () => {
  expect(new OutputLines(false).take(bytes('10%\r50%\r100%\r\n'))).toEqual(['100%'])
})

test('colours stay for a terminal, and end with their line; moves of the cursor never get through', () => {
  const text = bytes('\x1b[2A\x1b[32mgreen\x1b[K\n')
  expect(new OutputLines(true).take(text)).toEqual(['\x1b[32mgreen\x1b[0m'])
  expect(new OutputLines(false).take(text)).toEqual(['green'])
})
