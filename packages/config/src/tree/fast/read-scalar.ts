import type { Cursor } from './cursor.ts'
import { code, giveUp, isBlank, isFlowIndicator } from './cursor.ts'

/** Text of a scalar and where it stands. */
export interface ScalarText {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Characters no plain text begins with; `-`, `?` and `:` may when something follows them directly. */
const indicators = new Set([...'?:,[]{}#&*!|>\'"%@`-'].map((char) => char.charCodeAt(0)))

/** Whether plain text begins here. */
export function startsPlain(cursor: Cursor, inFlow: boolean): boolean {
  const first = cursor.peek()
  if (!indicators.has(first)) return true
  if (first !== code.dash && first !== code.question && first !== code.colon) return false
  const second = cursor.peek(1)
  return !isBlank(second) && !(inFlow && isFlowIndicator(second))
}

/** The part of a plain text on this line: up to `: `, ` #`, the line's end, or a bracket or comma inside brackets. */
export function readPlainLine(cursor: Cursor, inFlow: boolean): ScalarText {
  const { source, pos: start } = cursor
  let end = start
  let at = start
  for (; at < cursor.end; at += 1) {
    const char = source.charCodeAt(at)
    if (char === code.newline) break
    if (char === code.tab) giveUp()
    if (char === code.space) {
      if (source.charCodeAt(at + 1) === code.hash) break
      continue
    }
    if (char === code.colon) {
      const next = source.charCodeAt(at + 1)
      if (isBlank(next) || (inFlow && isFlowIndicator(next))) break
    } else if (inFlow && isFlowIndicator(char)) break
    end = at + 1
  }
  cursor.pos = at
  return { text: source.slice(start, end), start, end }
}

/** Whether what was read is a key: a colon follows, and something that may stand after a key's colon. */
export function atKeyColon(cursor: Cursor): boolean {
  return cursor.peek() === code.colon && isBlank(cursor.peek(1))
}

/**
 * The lines after the first one of a plain text: those further in than `indent`. Leaves the cursor at the end of the
 * last line that belongs to it.
 */
export function continuePlain(cursor: Cursor, first: ScalarText, indent: number): ScalarText {
  let text = first.text
  let end = first.end
  let newlines = 0
  while (cursor.peek() === code.newline) {
    newlines += 1
    const lineStart = cursor.pos + 1
    const content = skipSpacesFrom(cursor, lineStart)
    const char = cursor.source.charCodeAt(content)
    if (char === code.newline) {
      cursor.pos = content
      continue
    }
    if (content >= cursor.end || content - lineStart <= indent || char === code.hash) break
    cursor.lineStart = lineStart
    cursor.pos = content
    const line = readPlainLine(cursor, false)
    if (line.text === '' || cursor.peek() === code.colon) giveUp()
    text += (newlines === 1 ? ' ' : '\n'.repeat(newlines - 1)) + line.text
    end = line.end
    newlines = 0
    // A comment ends the text, whatever stands on the next line.
    if (cursor.peek() !== code.newline) break
  }
  cursor.pos = end
  return { text, start: first.start, end }
}

function skipSpacesFrom(cursor: Cursor, from: number): number {
  let at = from
  while (cursor.source.charCodeAt(at) === code.space) at += 1
  return at
}

/** A text in quotes; over several lines only with `indent` given, which its lines must exceed. */
export function readQuoted(cursor: Cursor, indent: number | undefined): ScalarText {
  const { source, pos: start } = cursor
  const quote = cursor.peek()
  const close = quote === code.singleQuote ? singleQuoteEnd(source, start) : doubleQuoteEnd(source, start)
  const raw = source.slice(start + 1, close)
  cursor.pos = close + 1
  const end = cursor.pos
  const multiline = raw.includes('\n')
  if (multiline) passLines(cursor, start, close, indent)
  if (quote === code.singleQuote) {
    const text = raw.includes("'") ? raw.replaceAll("''", "'") : raw
    return { text: multiline ? foldLines(text) : text, start, end }
  }
  if (!raw.includes('\\')) return { text: multiline ? foldLines(raw) : raw, start, end }
  if (multiline) giveUp()
  return { text: unescapeQuoted(raw), start, end }
}

function singleQuoteEnd(source: string, start: number): number {
  let at = source.indexOf("'", start + 1)
  while (at !== -1 && source.charCodeAt(at + 1) === code.singleQuote) at = source.indexOf("'", at + 2)
  return at === -1 ? giveUp() : at
}

function doubleQuoteEnd(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at += 1) {
    const char = source.charCodeAt(at)
    if (char === code.doubleQuote) return at
    if (char === code.backslash) at += 1
  }
  return giveUp()
}

/** Checks that the lines of a quoted text are far enough in, and keeps the cursor's line up to date. */
function passLines(cursor: Cursor, start: number, close: number, indent: number | undefined): void {
  if (indent === undefined || cursor.source.slice(start, close).includes('\t')) giveUp()
  for (let at = cursor.source.indexOf('\n', start); at !== -1 && at < close; at = cursor.source.indexOf('\n', at + 1)) {
    cursor.lineStart = at + 1
    const content = skipSpacesFrom(cursor, at + 1)
    if (content - at - 1 <= indent && cursor.source.charCodeAt(content) !== code.newline) giveUp()
  }
}

/** One line end becomes a blank, a row of them one less; blanks around them go. */
function foldLines(raw: string): string {
  const lines = raw.split('\n')
  let text = lines[0]!.replace(/ +$/, '')
  let newlines = 0
  for (let index = 1; index < lines.length; index += 1) {
    const last = index === lines.length - 1
    const line = last ? lines[index]!.replace(/^ +/, '') : lines[index]!.trim()
    newlines += 1
    if (line === '' && !last) continue
    text += (newlines === 1 ? ' ' : '\n'.repeat(newlines - 1)) + line
    newlines = 0
  }
  return text
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  e: '\x1b',
  0: '\0',
  '"': '"',
  '/': '/',
  '\\': '\\',
  ' ': ' ',
}

function unescapeQuoted(raw: string): string {
  return raw.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([\s\S]))/g, (_, two, four, single) => {
    if (single === undefined) return String.fromCharCode(Number.parseInt(two ?? four, 16))
    return escapes[single] ?? giveUp()
  })
}
