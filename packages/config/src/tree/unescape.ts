import type { Node } from './node.ts'
import { listNode, mapNode, scalarNode } from './node.ts'

/** Turns `\<<` into `<<`, once, at the very end (semantics 5). Subtrees without an escape are shared. */
export function unescapeTree(node: Node): Node {
  if (!node.escaped) return node
  if (node.kind === 'scalar') {
    return typeof node.value === 'string'
      ? { ...scalarNode(unescapeText(node.value), node.span), escaped: false }
      : node
  }
  if (node.kind === 'list') return listNode(node.items.map(unescapeTree), node.span)
  const entries = [...node.entries.values()].map((entry) => ({
    ...entry,
    key: unescapeText(entry.key),
    value: unescapeTree(entry.value),
  }))
  return mapNode(entries, node.span)
}

export function unescapeText(text: string): string {
  return text.replaceAll('\\<<', '<<')
}
