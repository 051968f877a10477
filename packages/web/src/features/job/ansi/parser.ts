import { readEscape } from './escape.ts'
import { createScreen, type Line, type Screen } from './screen.ts'
import { applySgr, plain } from './style.ts'

/** Turns what a program writes to its terminal into lines: colours kept, overwritten text overwritten, the rest left out. */
export interface AnsiParser {
  /** `at`: when it was printed, in milliseconds since 1970. */
  push(text: string, at?: number): void
  /** Every line so far, the one being written included. */
  lines(): readonly Line[]
  /** When the first of each line was printed, where that is known. */
  times(): readonly (number | undefined)[]
  /** Indexes, rising, of the lines that go on with the one before, which had become too long. */
  folds(): readonly number[]
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const controls = /[\x00-\x1f\x7f]/g

export function createAnsiParser(): AnsiParser {
  const screen = createScreen()
  let style = plain
  let rest = ''

  function control(char: string): void {
    if (char === '\n') screen.newline()
    else if (char === '\r') screen.column(0)
    else if (char === '\b') screen.move(0, -1)
    else if (char === '\t') screen.tab(style)
    else if (char !== '\0' && char !== '\x07') screen.write(pictureOf(char), style)
  }

  /** Reads an escape sequence; answers where the text goes on, or undefined while its end is still to come. */
  function readSequence(text: string, at: number): number | undefined {
    const sequence = readEscape(text, at)
    if (sequence === undefined) return undefined
    const numbers = sequence.parameters.split(/[;:]/).map((part) => Number(part) || 0)
    if (sequence.final === 'm') style = applySgr(style, numbers)
    else obey(screen, sequence.final, numbers[0] ?? 0)
    return sequence.end
  }

  return {
    push(chunk, printedAt) {
      screen.printedAt(printedAt)
      const text = rest + chunk
      rest = ''
      for (let at = 0; at < text.length; ) {
        controls.lastIndex = at
        const next = controls.exec(text)?.index ?? text.length
        if (next > at) screen.write(text.slice(at, next), style)
        if (next === text.length) return
        if (text[next] !== '\x1b') {
          control(text[next]!)
          at = next + 1
          continue
        }
        const end = readSequence(text, next)
        if (end === undefined) {
          rest = text.slice(next)
          return
        }
        at = end
      }
    },
    lines: () => screen.lines(),
    times: () => screen.times(),
    folds: () => screen.folds(),
  }
}

/** Unicode has a picture of every control character. */
function pictureOf(char: string): string {
  return char === '\x7f' ? '\u2421' : String.fromCodePoint(0x2400 + char.charCodeAt(0))
}

const lineParts = ['right', 'left', 'all'] as const

/** What progress displays use (ECMA-48): cursor up, down, right, left, next and previous line, column, erase. */
function obey(screen: Screen, final: string, first: number): void {
  const count = first || 1
  if (final === 'A') screen.move(-count, 0)
  else if (final === 'B') screen.move(count, 0)
  else if (final === 'C') screen.move(0, count)
  else if (final === 'D') screen.move(0, -count)
  else if (final === 'E' || final === 'F') {
    screen.move(final === 'E' ? count : -count, 0)
    screen.column(0)
  } else if (final === 'G') screen.column(count - 1)
  else if (final === 'K') screen.eraseLine(lineParts[first] ?? 'right')
  else if (final === 'J' && first === 0) screen.eraseBelow()
}
