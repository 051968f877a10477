import { expect, test } from 'vitest'
import { createAnsiParser } from './ansi.ts'

function parse(...chunks: readonly string[]) {
  const parser = createAnsiParser()
  for (const chunk of chunks) parser.push(chunk)
  return parser.lines()
}

const text = (...chunks: readonly string[]) =>
  parse(...chunks).map((line) => line.map((segment) => segment.text).join(''))

test('colours become styles and markup stays text', () => {
  expect(parse('\x1b[1;31mred\x1b[0m <script>alert(1)</script>')).toEqual([
    [
      { text: 'red', style: { bold: true, color: 1 } },
      { text: ' <script>alert(1)</script>', style: {} },
    ],
  ])
})

test('sequences may be cut anywhere', () => {
  const whole = '\x1b[38;2;1;2;3mx\x1b]8;;http://evil\x1b\\link\x1b[0m\n\x1b[48;5;200my'
  for (let cut = 0; cut <= whole.length; cut++)
    expect(parse(whole.slice(0, cut), whole.slice(cut))).toEqual(parse(whole))
  expect(text(whole)).toEqual(['xlink', 'y'])
})

test('carriage returns, erasing and moves overwrite as a terminal does', () => {
  expect(text('10%\r50%\r100%\ndone')).toEqual(['100%', 'done'])
  expect(text('abcdef\r\x1b[Kxy')).toEqual(['xy'])
  expect(text('abc\x1b[2Dz')).toEqual(['azc'])
})

test('control bytes are shown harmlessly and long lines are folded', () => {
  expect(text('a\x00b\x01c')).toEqual(['ab␁c'])
  expect(text('x'.repeat(70_000)).map((line) => line.length)).toEqual([65_536, 4_464])
})
