import { expect, test } from 'vitest'
import { createAnsiParser } from './ansi/parser.ts'
import { numberOfLine } from './output-lines.ts'

/** The numbers that stand before the lines of a text whose first has this number. */
function numbersOf(text: string, first: number | undefined): readonly string[] {
  const parser = createAnsiParser()
  for (const piece of text.match(/.{1,10000}\n?|\n/gs) ?? []) parser.push(piece)
  return parser.lines().map((_line, index) => numberOfLine(index, { first, folds: parser.folds() }))
}

test('lines have the numbers that they have in the file, also after one that is shown in parts', () => {
  const long = 'x'.repeat(150_000)

  expect(numbersOf(`one\n${long}\nthree\n${long}\nfive\n`, 1)).toEqual(['1', '2', '', '', '3', '4', '', '', '5'])
  expect(numbersOf(`one\n${long}\nthree\n`, 41)).toEqual(['41', '42', '', '', '43'])
})

test('a line as long as one can be shown is one', () => {
  expect(numbersOf(`${'x'.repeat(65_536)}\ntwo\n`, 1)).toEqual(['1', '2'])
})

test('parts that were erased are counted no more', () => {
  expect(numbersOf(`${'x'.repeat(70_000)}\x1b[1A\x1b[J\ntwo\n`, 1)).toEqual(['1', '2'])
})

test('before the first number is known there is none', () => {
  expect(numbersOf('one\ntwo\n', undefined)).toEqual(['', ''])
})
