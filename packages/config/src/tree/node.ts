import type { Span } from '@rondo/model'

/**
 * The tree of a config: plain, immutable, with anchors resolved and merge keys applied. Subtrees behind aliases are
 * shared, so it is a graph without cycles; nothing may walk it without the size limit of `parseTree` behind it.
 */
export type Node = ScalarNode | ListNode | MapNode

export type ScalarValue = string | number | boolean | null

interface NodeBase {
  readonly span: Span
  /** True when a `<<` that is not yet evaluated may be inside. False lets substitution share the whole subtree. */
  readonly templated: boolean
  /** True when a `\<<` is inside, which becomes `<<` at the very end. */
  readonly escaped: boolean
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly value: ScalarValue
  /** As written, after YAML quoting is resolved: `3.10` stays `3.10`. */
  readonly text: string
  /** True for the null that stands for a template which could not be evaluated: it must raise no second complaint. */
  readonly failed?: true
}

export interface ListNode extends NodeBase {
  readonly kind: 'list'
  readonly items: readonly Node[]
}

export interface MapEntry {
  readonly key: string
  readonly keySpan: Span
  readonly value: Node
}

export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, MapEntry>
}

export function scalarNode(value: ScalarValue, span: Span, text: string = scalarText(value)): ScalarNode {
  return { kind: 'scalar', value, text, span, templated: false, escaped: isEscaped(value) }
}

function isEscaped(value: ScalarValue): boolean {
  return typeof value === 'string' && value.includes('\\<<')
}

/** Stands for a value that could not be evaluated, which is reported. */
export function failedNode(span: Span): ScalarNode {
  return { ...scalarNode(null, span), failed: true }
}

export function isFailed(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && node.failed === true
}

/** A scalar fresh from the source, which may hold templates. */
export function sourceScalar(value: ScalarValue, span: Span, text: string): ScalarNode {
  const templated = typeof value === 'string' && value.includes('<<')
  return { kind: 'scalar', value, text, span, templated, escaped: templated && isEscaped(value) }
}

export function listNode(items: readonly Node[], span: Span): ListNode {
  return {
    kind: 'list',
    items,
    span,
    templated: items.some((item) => item.templated),
    escaped: items.some((item) => item.escaped),
  }
}

export function mapNode(entries: Iterable<MapEntry>, span: Span): MapNode {
  const byKey = new Map<string, MapEntry>()
  for (const entry of entries) byKey.set(entry.key, entry)
  return mapOf(byKey, span)
}

/** A map of entries that are filed under their keys already. */
export function mapOf(entries: ReadonlyMap<string, MapEntry>, span: Span): MapNode {
  let templated = false
  let escaped = false
  for (const { key, value } of entries.values()) {
    templated ||= value.templated || key.includes('<<')
    escaped ||= value.escaped || key.includes('\\<<')
  }
  return { kind: 'map', entries, span, templated, escaped }
}

/** A map of one entry, as steps are; the commonest, so that it is made without detours. */
export function mapOfOne(entry: MapEntry, span: Span): MapNode {
  const { key, value } = entry
  const templated = value.templated || key.includes('<<')
  const escaped = value.escaped || key.includes('\\<<')
  return { kind: 'map', entries: new Map([[key, entry]]), span, templated, escaped }
}

/** The value under `key` of a map; undefined for other nodes and missing keys. */
export function child(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined
}

export function isNull(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null
}

/** The text of a string scalar; undefined for everything else. */
export function stringOf(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

export function scalarText(value: ScalarValue): string {
  return value === null ? '' : String(value)
}

/** How a scalar prints inside a text: booleans as `true` and `false`, numbers as written where that is plain decimal. */
export function displayText(node: ScalarNode): string {
  if (typeof node.value === 'string') return node.value
  if (typeof node.value !== 'number') return scalarText(node.value)
  return /^-?\d+(\.\d+)?$/.test(node.text) ? node.text : String(node.value)
}

export interface IntegerNode extends ScalarNode {
  readonly value: number
}

/** Whether the node is an integer as YAML has it: `2.0` and `1e3` are numbers with a fraction, whatever it is. */
export function isInteger(node: Node): node is IntegerNode {
  return node.kind === 'scalar' && Number.isInteger(node.value) && !isFloatText(node.text)
}

function isFloatText(text: string): boolean {
  return /[.eE]/.test(text) && !/^[-+]?0[xb]/.test(text)
}

/** What the node is, in the words of the language's own error messages. */
export function typeName(node: Node): string {
  if (node.kind === 'map') return 'Mapping'
  if (node.kind === 'list') return 'Sequence'
  if (node.value === null) return 'Null'
  if (typeof node.value === 'string') return 'String'
  if (typeof node.value === 'boolean') return 'Boolean'
  return isInteger(node) ? 'Integer' : 'Number'
}
