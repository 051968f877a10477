import { expect, test } from 'vitest'
import { createAnsiParser } from './ansi/parser.ts'
import { lineTime, lineTimeTitle } from './line-times.ts'

test('a line has the time of its first character, also when it is finished or written over later', () => {
  const parser = createAnsiParser()

  parser.push('one\ntwo beg', 100)
  parser.push('ins\nbar 10%', 200)
  parser.push('\rbar 99%\n\nlast', 300)

  expect(parser.lines().map((line) => line.map(({ text }) => text).join(''))).toEqual([
    'one',
    'two begins',
    'bar 99%',
    '',
    'last',
  ])
  expect(parser.times()).toEqual([100, 100, 200, 300, 300])
})

test('lines of which nothing is known have no time, and those that were erased leave none behind', () => {
  const parser = createAnsiParser()

  parser.push('before\nkept\n')
  parser.push('gone\ngone\x1b[2A\x1b[J', 100)
  parser.push('new', 200)

  expect(parser.times().slice(0, 3)).toEqual([undefined, 200])
})

test('a time is the reader’s own, and whole for whoever points at it', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5, 678)

  expect(lineTime(at.getTime())).toBe('03:04:05.6')
  expect(lineTime(undefined)).toBe('')
  expect(lineTimeTitle(at.getTime(), new Date(at.getTime() - 1_500).toISOString())).toBe(
    `${at.toISOString()}, 1.5 s after the step began`,
  )
  expect(lineTimeTitle(undefined, null)).toBeUndefined()
})
