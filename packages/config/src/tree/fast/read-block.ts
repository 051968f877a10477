import type { MapNode, Node } from '../node.ts'
import { beyondFastReader, Cursor, code, giveUp, isBlank } from './cursor.ts'
import type { FastBuilder } from './fast-builder.ts'
import { readBlockScalar } from './read-block-scalar.ts'
import { readAnchorName, readFlow, readTag } from './read-flow.ts'
import type { ScalarText } from './read-scalar.ts'
import { atKeyColon, continuePlain, readPlainLine, readQuoted, startsPlain } from './read-scalar.ts'

/** Lone line ends and blanks of other systems, and characters with a role in YAML that configs have no use for. */
const unusual = /[\r\0\x85\u2028\u2029]|(?<=[\s\S])\ufeff/
const maxKey = 1_000

/**
 * Reads the part of YAML that configs are written in, at several times the library's speed. Whatever is beyond it,
 * mistakes included, gives undefined: the library then reads the text again, and says what is wrong. What is read here
 * is read as the library reads it.
 */
export function readFast(text: string, builder: FastBuilder): MapNode | undefined {
  // The first half of a line end of Windows is a blank to us; places stay what they are.
  const source = text.includes('\r') ? text.replaceAll('\r\n', ' \n') : text
  if (unusual.test(source)) return undefined
  const cursor = new Cursor(source, text)
  try {
    const marker = /^\ufeff?(?:[ ]*(?:#[^\n]*)?\n)*---[ ]*(?=\n|#)/.exec(source)
    // A byte order mark stands before the first line.
    if (source.charCodeAt(0) === 0xfeff) cursor.pos = 1
    if (marker !== null && source.charAt(marker[0].length) === '\n') cursor.pos = marker[0].length + 1
    cursor.lineStart = cursor.pos
    cursor.toContent()
    if (cursor.column() === -1) return undefined
    builder.enter(1)
    const root = new BlockReader(cursor, builder).content(-1, 1)
    return root.kind === 'map' && cursor.pos >= cursor.end ? root : undefined
  } catch (error) {
    if (error === beyondFastReader) return undefined
    throw error
  }
}

class BlockReader {
  private readonly cursor: Cursor
  private readonly builder: FastBuilder

  constructor(cursor: Cursor, builder: FastBuilder) {
    this.cursor = cursor
    this.builder = builder
  }

  /** The value at the cursor, the first thing on its line; `indent` is the column of what it belongs to. */
  content(indent: number, level: number): Node {
    const { cursor } = this
    if (this.atDash()) return this.list(cursor.column(), level)
    const key = this.key()
    if (key !== undefined) return this.map(key, cursor.lineStart, level)
    return this.inline(indent, level)
  }

  private atDash(): boolean {
    return this.cursor.peek() === code.dash && isBlank(this.cursor.peek(1))
  }

  /** A key, when one stands here; else the cursor stays. */
  private key(): Key | undefined {
    const { cursor } = this
    const { pos, lineStart } = cursor
    const first = cursor.peek()
    const quoted = first === code.doubleQuote || first === code.singleQuote
    if (!quoted && !startsPlain(cursor, false)) return undefined
    const scalar = quoted ? readQuoted(cursor, -1) : readPlainLine(cursor, false)
    if (quoted) cursor.skipSpaces()
    if (atKeyColon(cursor)) {
      if (scalar.end - scalar.start > maxKey || cursor.lineStart !== lineStart) giveUp()
      cursor.pos += 1
      return { scalar, plain: !quoted }
    }
    cursor.pos = pos
    cursor.lineStart = lineStart
    return undefined
  }

  private map(first: Key, lineStart: number, level: number): Node {
    const { cursor, builder } = this
    const { start } = first.scalar
    const column = start - lineStart
    const entries = builder.entries()
    let key: Key | undefined = first
    while (key !== undefined) {
      builder.enterEntry(level, key.scalar.start, column)
      const value = this.value(column, level + 1, true)
      entries.add(key.scalar, key.plain, value)
      const next = cursor.column()
      if (next > column) giveUp()
      if (next < column) break
      key = this.key() ?? giveUp()
    }
    return entries.finish(start, builder.lastEnd)
  }

  private list(column: number, level: number): Node {
    const { cursor, builder } = this
    const start = cursor.pos
    const items: Node[] = []
    do {
      cursor.pos += 1
      items.push(this.value(column, level + 1, false))
      if (cursor.column() > column) giveUp()
    } while (cursor.column() === column && this.atDash())
    return builder.list(items, start, builder.lastEnd)
  }

  /** What stands behind a key's colon or an item's dash, on the same line or below. */
  private value(indent: number, level: number, ofKey: boolean): Node {
    const { cursor, builder } = this
    const after = cursor.pos
    cursor.skipSpaces()
    const anchor = this.anchor()
    const tag = readTag(cursor)
    builder.enter(level)
    const mark = anchor === undefined ? undefined : builder.mark(level)
    const node = cursor.atLineEnd()
      ? this.below(indent, level, ofKey, anchor === undefined && tag === undefined ? after : undefined)
      : this.beside(indent, level, ofKey, anchor !== undefined || tag !== undefined)
    const typed = tag === undefined ? node : builder.tagged(tag, node)
    if (anchor !== undefined && mark !== undefined) builder.define(anchor, typed, mark, level)
    return typed
  }

  private anchor(): string | undefined {
    const { cursor } = this
    if (cursor.peek() !== code.ampersand) return undefined
    const name = readAnchorName(cursor)
    if (!isBlank(cursor.peek())) giveUp()
    cursor.skipSpaces()
    return name
  }

  private below(indent: number, level: number, ofKey: boolean, empty: number | undefined): Node {
    const { cursor, builder } = this
    cursor.toContent()
    const column = cursor.column()
    if (column > indent || (ofKey && column === indent && this.atDash())) {
      return this.content(indent, level)
    }
    return empty === undefined ? giveUp() : builder.empty(empty, empty)
  }

  private beside(indent: number, level: number, ofKey: boolean, marked: boolean): Node {
    const { cursor } = this
    if (cursor.peek() === code.tab) giveUp()
    if (ofKey) {
      if (this.atDash()) giveUp()
      return this.inline(indent, level)
    }
    if (this.atDash()) return marked ? giveUp() : this.list(cursor.column(), level)
    const key = this.key()
    if (key === undefined) return this.inline(indent, level)
    // An anchor before a key on the same line is the key's.
    return marked ? giveUp() : this.map(key, cursor.lineStart, level)
  }

  /** A scalar, an alias or brackets; goes on to the next content. */
  private inline(indent: number, level: number): Node {
    const { cursor, builder } = this
    switch (cursor.peek()) {
      case code.star: {
        const name = readAnchorName(cursor)
        const node = builder.alias(name, level, cursor.pos)
        cursor.finishLine()
        return node
      }
      case code.openList:
      case code.openMap: {
        const node = readFlow(cursor, builder, indent, level)
        cursor.finishLine()
        return node
      }
      case code.bar:
      case code.greater: {
        const node = builder.quoted(readBlockScalar(cursor, indent))
        cursor.toContent()
        return node
      }
      case code.doubleQuote:
      case code.singleQuote: {
        const node = builder.quoted(readQuoted(cursor, indent))
        cursor.finishLine()
        return node
      }
    }
    if (!startsPlain(cursor, false)) giveUp()
    const first = readPlainLine(cursor, false)
    if (cursor.peek() === code.colon) giveUp()
    const node = builder.plain(continuePlain(cursor, first, indent))
    cursor.finishLine()
    return node
  }
}

interface Key {
  readonly scalar: ScalarText
  readonly plain: boolean
}
