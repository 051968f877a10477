import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAnsiParser } from './parser.ts'

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

test('a progress display that moves up rewrites its own lines and no others', () => {
  expect(text('before\nfirst 1%\nsecond 1%\n\x1b[2A\x1b[2Kfirst 90%\n\x1b[2Ksecond 80%\nafter')).toEqual([
    'before',
    'first 90%',
    'second 80%',
    'after',
  ])
  expect(text('kept\na\nb\n\x1b[2A\x1b[Jgone below')).toEqual(['kept', 'gone below'])
  expect(text(`${'line\n'.repeat(500)}\x1b[999Atop`).indexOf('tope')).toBe(301)
})

test('text over wide characters takes their columns, and tabs reach their stops', () => {
  expect(text('😀😀x\r\x1b[Cé')).toEqual(['😀éx'])
  expect(text('a\tb\r\tc')).toEqual(['a       c'])
})

test('however it is cut, what is read is the same', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('a', 'b😀', '\n', '\r', '\t', '\b', '\x1b[31m', '\x1b[2A', '\x1b[K', '\x1b[3G', '\x1b[J'),
      ),
      fc.nat(),
      (parts, seed) => {
        // A decoder never parts the two halves of a character.
        const whole = [...parts.join('')]
        const cut = whole.length === 0 ? 0 : seed % whole.length
        expect(text(whole.slice(0, cut).join(''), whole.slice(cut).join(''))).toEqual(text(whole.join('')))
      },
    ),
  )
})

test('control bytes are shown harmlessly and long lines are folded', () => {
  expect(text('a\x00b\x01c')).toEqual(['ab␁c'])
  expect(text('x'.repeat(70_000)).map((line) => line.length)).toEqual([65_536, 4_464])
})
