import type { Span } from '@rondo/model'
import type { Report } from '../report.ts'
import type { MapEntry, MapNode, Node } from './node.ts'

/** Collects the entries of one map by the rules of merge keys and of keys written twice (semantics 1). */
export class EntryCollector {
  private readonly entries = new Map<string, MapEntry>()
  /** Keys that came in by merging only: an explicit one of the same name beats them silently. */
  private merged: Set<string> | undefined
  private readonly report: Report
  private templated = false
  private escaped = false

  constructor(report: Report) {
    this.report = report
  }

  /** A later duplicate wins but keeps the first one's place. */
  add(key: string, keySpan: Span, value: Node): void {
    if (this.entries.has(key) && this.merged?.delete(key) !== true) {
      const message = `The key '${key}' stands twice in this map; the last one counts`
      this.report.warn('duplicate-name', keySpan, message)
    }
    this.entries.set(key, { key, keySpan, value })
    if (value.templated || key.includes('<<')) this.note(value.escaped || key.includes('\\<<'))
  }

  /** Takes over what is not there yet. */
  merge(source: MapNode): void {
    this.merged ??= new Set()
    for (const entry of source.entries.values()) {
      if (this.entries.has(entry.key)) continue
      this.entries.set(entry.key, entry)
      this.merged.add(entry.key)
    }
    if (source.templated) this.note(source.escaped)
  }

  finish(span: Span): MapNode {
    return { kind: 'map', entries: this.entries, span, templated: this.templated, escaped: this.escaped }
  }

  /** Something with a template went in. It may go again, which the flags allow for. */
  private note(escaped: boolean): void {
    this.templated = true
    this.escaped ||= escaped
  }
}
