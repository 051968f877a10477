import type { CharTest } from './syntax.ts'

const digit: CharTest = (code) => code >= 48 && code <= 57
const space: CharTest = (code) => code === 32 || (code >= 9 && code <= 13)
const horizontal: CharTest = (code) => code === 32 || code === 9 || code === 0xa0
const lower: CharTest = (code) => code >= 97 && code <= 122
const upper: CharTest = (code) => code >= 65 && code <= 90
const alpha: CharTest = (code) => lower(code) || upper(code)
const alnum: CharTest = (code) => alpha(code) || digit(code)
const punct: CharTest = (code) => code > 32 && code < 127 && !alnum(code)

export const isWordChar: CharTest = (code) => alnum(code) || code === 95

export function not(test: CharTest): CharTest {
  return (code) => !test(code)
}

export function anyOf(tests: readonly CharTest[]): CharTest {
  return (code) => tests.some((test) => test(code))
}

export function range(from: number, to: number): CharTest {
  return (code) => code >= from && code <= to
}

/** Makes a class ignore case. */
export function foldCase(test: CharTest): CharTest {
  return (code) => {
    if (test(code)) return true
    const text = String.fromCodePoint(code)
    return sameTest(test, text.toLowerCase()) || sameTest(test, text.toUpperCase())
  }
}

function sameTest(test: CharTest, text: string): boolean {
  const code = text.codePointAt(0)!
  return text.length === String.fromCodePoint(code).length && test(code)
}

const escapes: Readonly<Record<string, CharTest>> = {
  d: digit,
  D: not(digit),
  s: space,
  S: not(space),
  w: isWordChar,
  W: not(isWordChar),
  h: horizontal,
  H: not(horizontal),
  v: (code) => (code >= 10 && code <= 13) || code === 0x85 || code === 0x2028 || code === 0x2029,
}

/** The class behind a letter escape such as `\d`. */
export function escapedClass(letter: string): CharTest | undefined {
  return Object.hasOwn(escapes, letter) ? escapes[letter] : undefined
}

const named: Readonly<Record<string, CharTest>> = {
  alpha,
  digit,
  alnum,
  lower,
  upper,
  punct,
  space,
  word: isWordChar,
  ascii: (code) => code < 128,
  blank: (code) => code === 32 || code === 9,
  cntrl: (code) => code < 32 || code === 127,
  graph: (code) => code > 32 && code < 127,
  print: (code) => code >= 32 && code < 127,
  xdigit: (code) => digit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102),
}

/** A class by its POSIX name, as in `[[:alpha:]]` and `\p{Alpha}`, or by a Unicode property. */
export function namedClass(name: string): CharTest | undefined {
  const lowered = name.toLowerCase()
  if (Object.hasOwn(named, lowered)) return named[lowered]
  const property = name.replace(/^Is/, '')
  for (const candidate of [property, `Script=${property}`]) {
    try {
      // One character against one class cannot backtrack, so the native engine is safe here.
      const pattern = new RegExp(`^\\p{${candidate}}$`, 'u')
      return (code) => pattern.test(String.fromCodePoint(code))
    } catch {
      // Not a property by that name; try the next reading.
    }
  }
  return undefined
}
