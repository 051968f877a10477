import { plain, type Style } from './style.ts'

/** One run of text with one look. */
export interface Segment {
  readonly text: string
  readonly style: Style
}

/** A line never changes; what is written into it later makes another in its place. */
export type Line = readonly Segment[]

/** A longer line goes on in the next: no terminal is wider, and no browser lays out a megabyte in a row. */
const longestLine = 64 * 1024
/** A program may move its cursor this far up, as progress displays do; what is above has scrolled off its screen. */
const height = 200
const tabStop = 8

/** A terminal without a right edge or a bottom: text goes where the cursor is, and everything ever written can be read. */
export interface Screen {
  /** Printable text only. */
  write(text: string, style: Style): void
  newline(): void
  /** On to the next tab stop. */
  tab(style: Style): void
  /** To a column from 0. */
  column(to: number): void
  move(rows: number, columns: number): void
  /** Of the cursor's line: what is right of the cursor, left of it, or all. */
  eraseLine(part: 'right' | 'left' | 'all'): void
  /** Everything after the cursor, lines below included. */
  eraseBelow(): void
  lines(): readonly Line[]
  /** From now on what is written was printed then. */
  printedAt(time: number | undefined): void
  /** When the first of each line was written; holes where that is not known. */
  times(): readonly (number | undefined)[]
  /** Indexes, rising, of the lines that go on with the one before, which had become too long. */
  folds(): readonly number[]
}

export function createScreen(): Screen {
  const rows: Line[] = [[]]
  const times: (number | undefined)[] = []
  const folds: number[] = []
  let now: number | undefined
  /** Where the next character goes. */
  let row = 0
  let at = 0
  /** Characters in the cursor's line, so that plain appending never counts them. */
  let length = 0

  function goTo(next: number): void {
    const top = Math.max(0, rows.length - height)
    row = Math.max(top, next)
    while (rows.length <= row) rows.push([])
    length = lengthOf(rows[row]!)
  }

  function put(text: string, style: Style): void {
    const line = rows[row]!
    times[row] ??= now
    if (at === length) {
      rows[row] = append(line, { text, style })
      at = length += sizeOf(text)
      return
    }
    const size = sizeOf(text)
    const padding = at > length ? [{ text: ' '.repeat(at - length), style: plain }] : []
    rows[row] = join([...cut(line, 0, at), ...padding, { text, style }, ...cut(line, at + size, length)])
    at += size
    length = Math.max(length, at)
  }

  return {
    write(text, style) {
      for (let from = 0; from < text.length; ) {
        if (at >= longestLine) {
          if (row + 1 === rows.length) folds.push(row + 1)
          this.newline()
        }
        const piece = text.slice(from, from + longestLine - at)
        put(piece, style)
        from += piece.length
      }
    },
    newline() {
      times[row] ??= now
      at = 0
      goTo(row + 1)
    },
    tab(style) {
      const next = at + tabStop - (at % tabStop)
      if (at < length) this.column(next)
      else this.write(' '.repeat(next - at), style)
    },
    column(to) {
      at = Math.min(longestLine, Math.max(0, to))
    },
    move(down, right) {
      this.column(at + right)
      if (down !== 0) goTo(Math.min(rows.length - 1 + height, row + down))
    },
    eraseLine(part) {
      const line = rows[row]!
      if (part === 'right') rows[row] = join(cut(line, 0, at))
      else if (part === 'all') rows[row] = []
      else rows[row] = join([{ text: ' '.repeat(Math.min(at, length)), style: plain }, ...cut(line, at, length)])
      length = lengthOf(rows[row]!)
    },
    eraseBelow() {
      this.eraseLine('right')
      rows.length = row + 1
      times.length = Math.min(times.length, row + 1)
      while (folds.at(-1)! > row) folds.pop()
    },
    printedAt(time) {
      now = time
    },
    times: () => times,
    folds: () => folds,
    lines: () => (rows.at(-1)!.length === 0 ? rows.slice(0, -1) : rows.slice()),
  }
}

/** Plain ASCII, which is nearly all of it, is as many characters as code units. */
function sizeOf(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  return /^[\x00-\x7f]*$/.test(text) ? text.length : [...text].length
}

function lengthOf(line: Line): number {
  return line.reduce((sum, segment) => sum + sizeOf(segment.text), 0)
}

function append(line: Line, segment: Segment): Line {
  const last = line.at(-1)
  if (last === undefined || last.style !== segment.style) return [...line, segment]
  return [...line.slice(0, -1), { text: last.text + segment.text, style: last.style }]
}

function join(segments: readonly Segment[]): Line {
  return segments.reduce<Line>((line, segment) => (segment.text === '' ? line : append(line, segment)), [])
}

/** The characters from one column up to another. */
function cut(line: Line, from: number, to: number): readonly Segment[] {
  let start = 0
  return line.flatMap(({ text, style }) => {
    const characters = [...text]
    const piece = characters.slice(Math.max(0, from - start), Math.max(0, to - start)).join('')
    start += characters.length
    return piece === '' ? [] : [{ text: piece, style }]
  })
}
