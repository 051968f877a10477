import type { Node } from '../node.ts'
import type { Cursor } from './cursor.ts'
import { code, giveUp, isBlank, isFlowIndicator } from './cursor.ts'
import type { FastBuilder } from './fast-builder.ts'
import type { ScalarText } from './read-scalar.ts'
import { atKeyColon, readPlainLine, readQuoted, startsPlain } from './read-scalar.ts'

const scalarTag = /!!(str|int|float|bool|null) +(?=[^\s&!*#])/y
const anchorName = /[^\s,[\]{}]+/y

/** Name behind `&` or `*`; leaves the cursor behind it. */
export function readAnchorName(cursor: Cursor): string {
  anchorName.lastIndex = cursor.pos + 1
  const match = anchorName.exec(cursor.source) ?? giveUp()
  cursor.pos = anchorName.lastIndex
  return match[0]
}

/** The name in `!!str` and its like, of a single value on the same line; other tags are left to the library. */
export function readTag(cursor: Cursor): string | undefined {
  if (cursor.peek() !== code.bang) return undefined
  scalarTag.lastIndex = cursor.pos
  const [whole, name] = scalarTag.exec(cursor.source) ?? giveUp()
  cursor.pos += whole.length
  return name
}

/** A list or map in brackets below something at `indent`; its lines must stand further in than that. */
export function readFlow(cursor: Cursor, builder: FastBuilder, indent: number, level: number): Node {
  const start = cursor.pos
  const isList = cursor.peek() === code.openList
  cursor.pos += 1
  const flow: Flow = { cursor, builder, indent, level }
  builder.enterFlow()
  const node = isList ? builder.list(readItems(flow), start, cursor.pos) : readEntries(flow, start)
  builder.leaveFlow()
  return node
}

interface Flow {
  readonly cursor: Cursor
  readonly builder: FastBuilder
  readonly indent: number
  readonly level: number
}

function toToken({ cursor, indent }: Flow): void {
  const { lineStart } = cursor
  cursor.toContent()
  if (cursor.lineStart !== lineStart && cursor.column() <= indent) giveUp()
}

function readItems(flow: Flow): readonly Node[] {
  const { cursor } = flow
  const items: Node[] = []
  for (;;) {
    toToken(flow)
    if (takeEnd(cursor, code.closeList)) return items
    flow.builder.enterFlowItem(cursor.pos, true)
    items.push(readItem(flow))
    if (separator(flow, code.closeList)) return items
  }
}

/** A value, or a map of one entry written without braces. */
function readItem(flow: Flow): Node {
  const { cursor, builder } = flow
  const { pos: start } = cursor
  const quoted = isQuote(cursor.peek())
  const item = readValue(flow)
  cursor.skipSpaces()
  // What stands elsewhere is an alias or has an anchor, and these are no keys to be read here.
  if (!atKeyColon(cursor) || item.kind !== 'scalar' || item.span.start !== start) return item
  const key = { text: item.text, start, end: item.span.end }
  const entries = builder.entries()
  entries.add(key, !quoted, readEntryValue({ ...flow, level: flow.level + 1 }, key, quoted))
  return entries.finish(start, builder.lastEnd)
}

/** A comma goes on (false), the closing bracket ends (true). */
function separator(flow: Flow, close: number): boolean {
  const { cursor } = flow
  toToken(flow)
  if (takeEnd(cursor, close)) return true
  if (cursor.peek() !== code.comma) giveUp()
  cursor.pos += 1
  return false
}

function takeEnd(cursor: Cursor, close: number): boolean {
  if (cursor.peek() !== close) return false
  cursor.pos += 1
  return true
}

function readEntries(flow: Flow, start: number): Node {
  const { cursor, builder } = flow
  const entries = builder.entries()
  for (;;) {
    toToken(flow)
    if (takeEnd(cursor, code.closeMap)) break
    builder.enterFlowItem(cursor.pos, false)
    const quoted = isQuote(cursor.peek())
    const key = quoted ? readQuoted(cursor, undefined) : readPlain(cursor)
    cursor.skipSpaces()
    entries.add(key, !quoted, readEntryValue(flow, key, quoted))
    if (separator(flow, code.closeMap)) break
  }
  return entries.finish(start, cursor.pos)
}

function readEntryValue(flow: Flow, key: ScalarText, quoted: boolean): Node {
  const { cursor } = flow
  const next = cursor.peek(1)
  const colon = cursor.peek() === code.colon && (quoted || isBlank(next) || isFlowIndicator(next))
  if (!colon) return emptyValue(flow, key.start, key.end)
  cursor.pos += 1
  const after = cursor.pos
  toToken(flow)
  const char = cursor.peek()
  const ends = char === code.comma || char === code.closeMap || char === code.closeList
  return ends ? emptyValue(flow, after, after) : readValue(flow)
}

function emptyValue({ builder, level }: Flow, start: number, end: number): Node {
  builder.enter(level + 1)
  return builder.empty(start, end)
}

function readValue(flow: Flow): Node {
  const { cursor, builder } = flow
  const level = flow.level + 1
  builder.enter(level)
  if (cursor.peek() !== code.ampersand) {
    const tag = readTag(cursor)
    return tag === undefined ? readUnmarked(flow, level) : builder.tagged(tag, readUnmarked(flow, level))
  }
  const name = readAnchorName(cursor)
  const mark = builder.mark(level)
  toToken(flow)
  const node = readUnmarked(flow, level)
  builder.define(name, node, mark, level)
  return node
}

function readUnmarked({ cursor, builder, indent }: Flow, level: number): Node {
  const char = cursor.peek()
  if (char === code.star) {
    const name = readAnchorName(cursor)
    return builder.alias(name, level, cursor.pos)
  }
  if (char === code.openList || char === code.openMap) return readFlow(cursor, builder, indent, level)
  return isQuote(char) ? builder.quoted(readQuoted(cursor, undefined)) : builder.plain(readPlain(cursor))
}

function readPlain(cursor: Cursor): ScalarText {
  if (!startsPlain(cursor, true)) giveUp()
  return readPlainLine(cursor, true)
}

function isQuote(char: number): boolean {
  return char === code.doubleQuote || char === code.singleQuote
}
