/** Thrown by the fast reader at anything outside of its part of YAML; its only catcher hands the text to the library. */
export const beyondFastReader = new Error('not for the fast reader')

export function giveUp(): never {
  throw beyondFastReader
}

export const code = {
  newline: 0x0a,
  return: 0x0d,
  tab: 0x09,
  space: 0x20,
  bang: 0x21,
  doubleQuote: 0x22,
  hash: 0x23,
  ampersand: 0x26,
  singleQuote: 0x27,
  star: 0x2a,
  comma: 0x2c,
  dash: 0x2d,
  colon: 0x3a,
  greater: 0x3e,
  question: 0x3f,
  openList: 0x5b,
  backslash: 0x5c,
  closeList: 0x5d,
  openMap: 0x7b,
  bar: 0x7c,
  closeMap: 0x7d,
} as const

/** A place in a text, and the moves every part of the reader needs. Reading past the end gives NaN as code. */
export class Cursor {
  readonly source: string
  readonly end: number
  /** Offset of the next character. */
  pos = 0
  /** Offset of the first character of its line. */
  lineStart = 0

  /** The text itself, in which line ends may be those of Windows. */
  private readonly original: string

  constructor(source: string, original: string) {
    this.source = source
    this.original = original
    this.end = source.length
  }

  /** Code of the character `ahead` of the next one. */
  peek(ahead = 0): number {
    return this.source.charCodeAt(this.pos + ahead)
  }

  /** Column of the next character, from 0; -1 at the end of the text, which ends every block. */
  column(): number {
    return this.pos >= this.end ? -1 : this.pos - this.lineStart
  }

  /** Where the line that ends at `newline` ends without what belongs to the line end. */
  contentEnd(newline: number): number {
    return this.original.charCodeAt(newline - 1) === code.return ? newline - 1 : newline
  }

  skipSpaces(): void {
    while (this.peek() === code.space) this.pos += 1
  }

  /** True when the rest of the line holds nothing but a comment. */
  atLineEnd(): boolean {
    const next = this.peek()
    if (next === code.hash) return this.pos === this.lineStart || isBlank(this.source.charCodeAt(this.pos - 1))
    return next === code.newline || this.pos >= this.end
  }

  /** Goes to the next character that is neither blank nor part of a comment, over as many lines as it takes. */
  toContent(): void {
    for (;;) {
      this.skipSpaces()
      if (!this.atLineEnd()) break
      const newline = this.source.indexOf('\n', this.pos)
      this.pos = newline === -1 ? this.end : newline + 1
      if (newline === -1) return
      this.lineStart = this.pos
    }
    if (this.peek() === code.tab || this.atDocumentMarker()) giveUp()
  }

  /** After a value: nothing else may stand on its line. */
  finishLine(): void {
    this.skipSpaces()
    if (!this.atLineEnd()) giveUp()
    this.toContent()
  }

  private atDocumentMarker(): boolean {
    if (this.pos !== this.lineStart) return false
    return this.source.startsWith('---', this.pos) || this.source.startsWith('...', this.pos)
  }
}

/** Blank, tab, line end, or no character at all. */
export function isBlank(char: number): boolean {
  return char === code.space || char === code.newline || char === code.tab || Number.isNaN(char)
}

/** One of `,[]{}`, which end plain text inside brackets. */
export function isFlowIndicator(char: number): boolean {
  return (
    char === code.comma ||
    char === code.openList ||
    char === code.closeList ||
    char === code.openMap ||
    char === code.closeMap
  )
}
