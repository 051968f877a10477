import type { Span } from '@rondo/model'
import type { Limits } from '../../limits.ts'
import type { Report } from '../../report.ts'
import { EntryCollector } from '../entry-collector.ts'
import type { EntryStart, FlowStart, Stopped } from '../mistake-window.ts'
import type { MapNode, Node } from '../node.ts'
import { listNode, sourceScalar } from '../node.ts'
import { plainScalarValue, scalarValue } from '../scalar.ts'
import { giveUp } from './cursor.ts'
import type { ScalarText } from './read-scalar.ts'

/** What an anchor names. */
export interface Anchored {
  /** Whether an alias has named it. */
  used?: true
  readonly node: Node
  /** Nodes, and levels of them, with every alias written out. */
  readonly size: number
  readonly depth: number
}

/** Anchors of files that are read together: what one defines, the others may name. */
export type SharedAnchors = Map<string, Anchored>

export interface DefinedAnchor {
  readonly name: string
  readonly anchored: Anchored
}

/** Where an anchored value begins, in the builder's counts. */
export interface Mark {
  readonly size: number
  readonly deepest: number
}

/** Makes nodes of what the fast reader finds, within the limits of a source. Beyond them it gives up. */
export class FastBuilder {
  /** Offset behind the last value made. */
  lastEnd = 0
  private readonly file: string
  private readonly limits: Limits
  private readonly report: Report
  private readonly anchors = new Map<string, Anchored>()
  /** Every anchor, also those whose name was given away again. */
  private readonly defined: DefinedAnchor[] = []
  private readonly shared: SharedAnchors | undefined
  private readonly entryStarts: EntryStart[] = []
  /** Brackets that are open, and where the latest item in one begins. */
  private openBrackets = 0
  private flowItem: FlowStart = { start: 0, isList: true }
  private size = 0
  private deepest = 0

  constructor(file: string, limits: Limits, report: Report, shared?: SharedAnchors) {
    this.file = file
    this.shared = shared
    this.limits = limits
    this.report = report
  }

  /** To be called once for each value, before it is read. */
  enter(level: number): void {
    this.size += 1
    if (level > this.deepest) this.deepest = level
    if (level > this.limits.depth || this.size > this.limits.nodes) giveUp()
  }

  /** To be called for each entry of a map in block style, when its value is to be read. */
  enterEntry(level: number, start: number, column: number): void {
    // Deeper ones are not needed to find a place near by, and would cost.
    if (level > 3) return
    this.entryStarts.length = level - 1
    this.entryStarts.push({ start, column })
  }

  /** To be called at each bracket that opens, and at the one that closes it. */
  enterFlow(): void {
    this.openBrackets += 1
  }

  leaveFlow(): void {
    this.openBrackets -= 1
  }

  /** To be called for each item in brackets. */
  enterFlowItem(start: number, isList: boolean): void {
    this.flowItem = { start, isList }
  }

  /** Where the reader is. */
  stopped(): Stopped {
    const entries = this.entryStarts.filter((entry) => entry !== undefined)
    const place = { end: Math.max(this.lastEnd, entries.at(-1)?.start ?? 0), entries }
    return this.openBrackets > 0 && this.flowItem.start > 0 ? { ...place, flow: this.flowItem } : place
  }

  plain({ text, start, end }: ScalarText): Node {
    return sourceScalar(plainScalarValue(text), this.span(start, end), text)
  }

  quoted({ text, start, end }: ScalarText): Node {
    return sourceScalar(text, this.span(start, end), text)
  }

  empty(start: number, end: number): Node {
    return sourceScalar(null, this.span(start, end), '')
  }

  /** A scalar with a tag before it. */
  tagged(tag: string, node: Node): Node {
    if (node.kind !== 'scalar') return giveUp()
    const plain = typeof node.value !== 'string'
    return sourceScalar(scalarValue(node.text, plain, tag), node.span, node.text)
  }

  list(items: readonly Node[], start: number, end: number): Node {
    return listNode(items, this.span(start, end))
  }

  entries(): FastEntries {
    return new FastEntries(this, this.report)
  }

  /** The latest value defined under a name; its level counts from where the alias stands. */
  alias(name: string, level: number, end: number): Node {
    const target = this.anchors.get(name) ?? this.shared?.get(name) ?? giveUp()
    target.used = true
    this.size += target.size - 1
    this.deepest = Math.max(this.deepest, level + target.depth - 1)
    if (this.deepest > this.limits.depth || this.size > this.limits.nodes) giveUp()
    this.lastEnd = end
    return target.node
  }

  /** @param level the level of the value that begins here, which is entered already */
  mark(level: number): Mark {
    const mark = { size: this.size - 1, deepest: this.deepest }
    this.deepest = level
    return mark
  }

  define(name: string, node: Node, mark: Mark, level: number): void {
    const anchored: Anchored = { node, size: this.size - mark.size, depth: this.deepest - level + 1 }
    this.anchors.set(name, anchored)
    this.shared?.set(name, anchored)
    this.defined.push({ name, anchored })
    this.deepest = Math.max(this.deepest, mark.deepest)
  }

  unusedAnchors(): readonly DefinedAnchor[] {
    return this.defined.filter(({ anchored }) => anchored.used !== true)
  }

  span(start: number, end: number): Span {
    this.lastEnd = end
    return { file: this.file, start, end }
  }
}

/** The entries of one map. */
class FastEntries {
  private readonly builder: FastBuilder
  private readonly collector: EntryCollector

  constructor(builder: FastBuilder, report: Report) {
    this.builder = builder
    this.collector = new EntryCollector(report)
  }

  /** @param plain whether the key stands without quotes; only then `<<` merges */
  add(key: ScalarText, plain: boolean, value: Node): void {
    if (plain && key.text === '<<') {
      this.merge(value)
      return
    }
    const end = this.builder.lastEnd
    this.collector.add(key.text, this.builder.span(key.start, key.end), value)
    this.builder.lastEnd = end
  }

  private merge(value: Node): void {
    for (const source of value.kind === 'list' ? value.items : [value]) {
      if (source.kind === 'map') this.collector.merge(source)
      else if (value.kind !== 'scalar' || value.value !== null) giveUp()
    }
  }

  finish(start: number, end: number): MapNode {
    return this.collector.finish(this.builder.span(start, end))
  }
}
