import type { MapEntry, Node, ScalarNode } from '../tree/node.ts'
import { plainScalarValue } from '../tree/scalar.ts'

/** The tree as YAML in the style of compiled configs (semantics 23.8): block style, lists not indented below their key. */
export function emitYaml(node: Node): string {
  const lines: string[] = []
  if (isEmpty(node) || node.kind === 'scalar') return `${inline(node, 0)}\n`
  emitBlock(node, 0, '', lines)
  return `${lines.join('\n')}\n`
}

/** @param lead what stands on the first line instead of its indentation: `- ` of a list item */
function emitBlock(node: Node, indent: number, lead: string, lines: string[]): void {
  const pad = blanks(indent)
  let first = lead === '' ? pad : lead
  if (node.kind === 'list') {
    for (const item of node.items) {
      emitItem(item, indent, `${first}- `, lines)
      first = pad
    }
  } else if (node.kind === 'map') {
    for (const entry of node.entries.values()) {
      emitEntry(entry, indent, first, lines)
      first = pad
    }
  }
}

const padding = Array.from({ length: 64 }, (_, index) => ' '.repeat(index))

/** One text for each indentation; making them anew for each line is a tenth of what a large output costs. */
function blanks(count: number): string {
  return padding[count] ?? ' '.repeat(count)
}

function emitItem(item: Node, indent: number, lead: string, lines: string[]): void {
  if (item.kind === 'scalar' || isEmpty(item)) lines.push(lead + inline(item, indent + 2))
  else emitBlock(item, indent + 2, lead, lines)
}

function emitEntry(entry: MapEntry, indent: number, lead: string, lines: string[]): void {
  const { value } = entry
  const key = entry.key.length > 1000 ? `? ${JSON.stringify(entry.key)}\n${' '.repeat(indent)}` : keyText(entry.key)
  if (value.kind === 'scalar' || isEmpty(value)) {
    lines.push(`${lead}${key}: ${inline(value, indent + 2)}`)
    return
  }
  lines.push(`${lead}${key}:`)
  emitBlock(value, value.kind === 'list' ? indent : indent + 2, '', lines)
}

function isEmpty(node: Node): boolean {
  return (node.kind === 'list' && node.items.length === 0) || (node.kind === 'map' && node.entries.size === 0)
}

function inline(node: Node, indent: number): string {
  if (node.kind === 'list') return '[]'
  if (node.kind === 'map') return '{}'
  return scalarOutput(node, indent)
}

function scalarOutput(node: ScalarNode, indent: number): string {
  if (typeof node.value === 'string') return stringOutput(node.value, indent)
  if (node.value === null) return 'null'
  return typeof node.value === 'boolean' ? String(node.value) : node.text
}

/** How keys are written that were met before: a config has few, over and over. */
const knownKeys = new Map<string, string>()
const maxKnownKeys = 1_000

function keyText(key: string): string {
  const known = knownKeys.get(key)
  if (known !== undefined) return known
  const text = key.includes('\n') ? JSON.stringify(key) : stringOutput(key, 0)
  if (knownKeys.size < maxKnownKeys && key.length < 50) knownKeys.set(key, text)
  return text
}

function stringOutput(text: string, indent: number): string {
  if (text.includes('\n')) return isBlockSafe(text) ? blockLiteral(text, indent) : doubleQuoted(text)
  if (isPlainSafe(text)) return text
  return isPrintable(text) ? `'${text.replaceAll("'", "''")}'` : doubleQuoted(text)
}

const printable = /^[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u
const lineSeparators = /[\u2028\u2029]/

function isPrintable(text: string): boolean {
  return printable.test(text) && !lineSeparators.test(text)
}

/** A literal block keeps a text exactly when no line needs escapes. */
function isBlockSafe(text: string): boolean {
  return isPrintable(text) && !text.includes('\t') && !/ \n| $/.test(text) && /[^\n]/.test(text)
}

function blockLiteral(text: string, indent: number): string {
  const pad = ' '.repeat(Math.max(indent, 2))
  const chomp = text.endsWith('\n\n') ? '+' : text.endsWith('\n') ? '' : '-'
  // A first line that is empty or further in cannot show the indentation, so it is stated.
  const stated = /^[ \n]/.test(text) ? '2' : ''
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const lines = body.split('\n').map((line) => (line === '' ? '' : pad + line))
  return [`|${stated}${chomp}`, ...lines].join('\n')
}

function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const indicators = /^[-?:,[\]{}#&*!|>'"%@`]/
/** What some reader of YAML takes for a number, a time or a marker; versions and addresses (`1.2.3`) are none. */
const ambiguous =
  /^(?:[yYnN]|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?|[-+]?[0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?|=|<<|[0-9]{4}-[0-9].*|0o?[0-7]+|---.*|\.\.\..*)$/

/** Most of what configs hold: no word or number of YAML's own is as long as this and made of such characters. */
const surelyPlain = /^[A-Za-z][A-Za-z0-9_./-][A-Za-z0-9_./ -]{3,}[A-Za-z0-9_./-]$/

function isPlainSafe(text: string): boolean {
  if (surelyPlain.test(text)) return true
  if (text === '' || typeof plainScalarValue(text) !== 'string' || ambiguous.test(text)) return false
  if (/^\s|\s$|: |:$| #|\t/.test(text) || !isPrintable(text)) return false
  return !indicators.test(text) || /^[-?:][^\s,[\]{}]/.test(text)
}
