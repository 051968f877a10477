import type { Cursor } from './cursor.ts'
import { code, giveUp } from './cursor.ts'
import type { ScalarText } from './read-scalar.ts'

const header = /([|>])([1-9]?)([-+]?) *(?: #[^\n]*)?\n/y

interface Line {
  /** The line without the block's indentation. */
  readonly text: string
  readonly end: number
}

/**
 * A `|` or `>` text below something at `indent`; its own indentation is stated or taken from its first line. Leaves the
 * cursor at the start of the line after the text.
 */
export function readBlockScalar(cursor: Cursor, indent: number): ScalarText {
  const { source, pos: start } = cursor
  header.lastIndex = start
  const [whole, style, stated, chomp] = header.exec(source) ?? giveUp()
  cursor.pos += whole.length
  const own = stated === '' ? ownIndent(cursor) : Math.max(indent, 0) + Number(stated)
  if (own <= indent) giveUp()
  const { lines, filled, open } = readLines(cursor, own)
  const shown = lines.slice(0, filled)
  const last = (chomp === '+' ? lines : shown).at(-1)
  if (filled === 0 || last === undefined) giveUp()
  const body = style === '|' ? shown.map((line) => line.text).join('\n') : fold(shown)
  // A line end that is not there, at the end of the source, is not made up.
  const ends = lines.length - (open ? 1 : 0)
  const newlines = chomp === '-' ? 0 : chomp === '+' ? 1 + ends - filled : ends < filled ? 0 : 1
  return { text: body + '\n'.repeat(newlines), start, end: last.end }
}

/** Indentation of the first line that is not blank; blank lines before it may not be longer. */
function ownIndent(cursor: Cursor): number {
  const { source } = cursor
  let longest = 0
  for (let at = cursor.pos; at < cursor.end; ) {
    let content = at
    while (source.charCodeAt(content) === code.space) content += 1
    if (content >= cursor.end) giveUp()
    if (source.charCodeAt(content) !== code.newline) return content - at < longest ? giveUp() : content - at
    longest = Math.max(longest, cursor.contentEnd(content) - at)
    at = content + 1
  }
  return giveUp()
}

/**
 * The lines of the text, how many there are up to the last that is not empty, and whether the last has no line end. The
 * cursor goes behind all.
 */
function readLines(cursor: Cursor, own: number): { lines: readonly Line[]; filled: number; open: boolean } {
  const { source } = cursor
  const lines: Line[] = []
  let filled = 0
  let at = cursor.pos
  while (at < cursor.end) {
    let content = at
    while (source.charCodeAt(content) === code.space) content += 1
    const char = source.charCodeAt(content)
    const blank = char === code.newline || content >= cursor.end
    if (!blank && content - at < own) break
    const found = source.indexOf('\n', content)
    const end = found === -1 ? cursor.end : cursor.contentEnd(found)
    // Blanks beyond the indentation are text.
    const text = source.slice(Math.min(at + own, end), end)
    lines.push({ text, end })
    if (text !== '') filled = lines.length
    at = found === -1 ? cursor.end + 1 : found + 1
  }
  if (source.charCodeAt(at) === code.tab) giveUp()
  cursor.pos = Math.min(at, cursor.end)
  cursor.lineStart = cursor.pos
  return { lines, filled, open: at > cursor.end }
}

/** Lines become one: a line end turns into a blank, or into the blank lines behind it; lines further in keep theirs. */
function fold(lines: readonly Line[]): string {
  let text = ''
  let newlines = 0
  let before: 'nothing' | 'text' | 'indented' = 'nothing'
  for (const line of lines) {
    if (line.text !== '') {
      const first = line.text.charCodeAt(0)
      const indented = first === code.space || first === code.tab
      const kept = before === 'nothing' ? newlines : indented || before === 'indented' ? newlines : newlines - 1
      text += (newlines === 1 && kept === 0 ? ' ' : '\n'.repeat(kept)) + line.text
      before = indented ? 'indented' : 'text'
      newlines = 0
    }
    newlines += 1
  }
  return text
}
