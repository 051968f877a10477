/** One run of text with one look. Colours are 0 to 255 of the palette, or `#rrggbb`. */
export interface Segment {
  readonly text: string
  readonly style: Style
}

export interface Style {
  readonly bold?: boolean
  readonly dim?: boolean
  readonly italic?: boolean
  readonly underline?: boolean
  readonly inverse?: boolean
  readonly color?: number | string
  readonly background?: number | string
}

export type Line = readonly Segment[]

const maxLineLength = 64 * 1024
const plain: Style = {}

/** Turns a byte stream of a terminal into lines: colours kept, overwritten text overwritten, everything else left out. */
export interface AnsiParser {
  push(text: string): void
  /** Finished lines and the one being written. */
  lines(): readonly Line[]
}

interface Cell {
  readonly char: string
  readonly style: Style
}

export function createAnsiParser(): AnsiParser {
  const finished: Line[] = []
  let row: Cell[] = []
  let column = 0
  let style = plain
  let rest = ''

  function put(char: string): void {
    if (column >= maxLineLength) endLine()
    row[column++] = { char, style }
  }

  function endLine(): void {
    finished.push(joinCells(row))
    row = []
    column = 0
  }

  function control(code: number, char: string): void {
    if (code === 10) endLine()
    else if (code === 13) column = 0
    else if (code === 8) column = Math.max(0, column - 1)
    else if (code === 9)
      do put(' ')
      while (column % 8 !== 0)
    else if (code === 0 || code === 7) return
    else put(String.fromCodePoint(0x2400 + char.charCodeAt(0)))
  }

  function obey(final: string, parameters: string): void {
    const numbers = parameters.split(/[;:]/).map((part) => Number(part) || 0)
    const [first = 0] = numbers
    if (final === 'm') style = applySgr(style, numbers)
    else if (final === 'K')
      row =
        first === 0
          ? row.slice(0, column)
          : first === 2
            ? []
            : row.map((cell, index) => (index < column ? blank : cell))
    else if (final === 'G') column = Math.max(0, first - 1)
    else if (final === 'C') column += first || 1
    else if (final === 'D') column = Math.max(0, column - (first || 1))
    while (row.length < column) row.push(blank)
  }

  return {
    push(chunk) {
      const text = rest + chunk
      rest = ''
      for (let at = 0; at < text.length; ) {
        const char = text[at]!
        const code = char.charCodeAt(0)
        if (code === 27) {
          const sequence = readEscape(text, at)
          if (sequence === undefined) {
            rest = text.slice(at)
            return
          }
          if (sequence.final !== '') obey(sequence.final, sequence.parameters)
          at = sequence.end
          continue
        }
        if (code < 32 || code === 127) control(code, char)
        else put(code >= 0xd800 && code < 0xdc00 && at + 1 < text.length ? char + text[++at] : char)
        at++
      }
    },
    lines: () => (row.length > 0 ? [...finished, joinCells(row)] : finished),
  }
}

const blank: Cell = { char: ' ', style: plain }
const longestSequence = 4_096

/** The sequence at an ESC; undefined while its end is still to come. What is not understood is passed over whole. */
function readEscape(text: string, at: number): { final: string; parameters: string; end: number } | undefined {
  const kind = text[at + 1]
  if (kind === undefined) return undefined
  if (kind === '[') {
    for (let end = at + 2; end < text.length; end++) {
      const code = text.charCodeAt(end)
      if (code >= 0x40 && code <= 0x7e) return { final: text[end]!, parameters: text.slice(at + 2, end), end: end + 1 }
      if (code < 0x20 || end - at > longestSequence) return { final: '', parameters: '', end }
    }
    return undefined
  }
  if (kind === ']' || kind === 'P' || kind === '_' || kind === '^') {
    for (let end = at + 2; end < text.length; end++) {
      if (text[end] === '\x07') return { final: '', parameters: '', end: end + 1 }
      if (text[end] === '\x1b' && text[end + 1] === '\\') return { final: '', parameters: '', end: end + 2 }
      if (text[end] === '\n' || end - at > longestSequence) return { final: '', parameters: '', end }
    }
    return undefined
  }
  return { final: '', parameters: '', end: at + 2 }
}

function applySgr(style: Style, numbers: readonly number[]): Style {
  let next: { -readonly [K in keyof Style]: Style[K] } = { ...style }
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at]!
    if (code === 0) next = {}
    else if (code === 1) next.bold = true
    else if (code === 2) next.dim = true
    else if (code === 3) next.italic = true
    else if (code === 4) next.underline = true
    else if (code === 7) next.inverse = true
    else if (code === 22) next = without(next, 'bold', 'dim')
    else if (code === 23) next = without(next, 'italic')
    else if (code === 24) next = without(next, 'underline')
    else if (code === 27) next = without(next, 'inverse')
    else if (code === 39) next = without(next, 'color')
    else if (code === 49) next = without(next, 'background')
    else if (code >= 30 && code <= 37) next.color = code - 30
    else if (code >= 90 && code <= 97) next.color = code - 82
    else if (code >= 40 && code <= 47) next.background = code - 40
    else if (code >= 100 && code <= 107) next.background = code - 92
    else if (code === 38 || code === 48) {
      const key = code === 38 ? 'color' : 'background'
      if (numbers[at + 1] === 5) next[key] = Math.min(255, numbers[at + 2] ?? 0)
      if (numbers[at + 1] === 2) next[key] = rgb(numbers.slice(at + 2, at + 5))
      at += numbers[at + 1] === 5 ? 2 : 4
    }
  }
  return next
}

function without(style: Style, ...keys: readonly (keyof Style)[]): Style {
  return Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key as keyof Style)))
}

function rgb(parts: readonly number[]): string {
  return `#${[0, 1, 2]
    .map((index) =>
      Math.min(255, parts[index] ?? 0)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`
}

function joinCells(cells: readonly (Cell | undefined)[]): Line {
  const line: { text: string; style: Style }[] = []
  for (const cell of cells) {
    const { char, style } = cell ?? blank
    const last = line.at(-1)
    if (last !== undefined && last.style === style) last.text += char
    else line.push({ text: char, style })
  }
  return line
}

/** Colour of the 256-colour palette past the sixteen that the theme sets itself. */
export function paletteColor(index: number): string {
  if (index >= 232) return rgb([0, 0, 0].map(() => 8 + (index - 232) * 10))
  const cube = index - 16
  return rgb(
    [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => (level === 0 ? 0 : 55 + level * 40)),
  )
}
