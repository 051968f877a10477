import type { Node } from './node.ts'
import { listNode, mapNode, scalarNode } from './node.ts'

/** The tree with every `<<` taken literally, as versions 2 and 2.0 mean it. Shared subtrees stay shared. */
export function literalTree<Kind extends Node>(root: Kind): Kind {
  const done = new Map<Node, Node>()

  function convert(node: Node): Node {
    if (!node.templated && !node.escaped) return node
    const known = done.get(node)
    if (known !== undefined) return known
    const copy = convertNew(node)
    done.set(node, copy)
    return copy
  }

  function convertNew(node: Node): Node {
    const flags = { templated: false, escaped: false }
    if (node.kind === 'scalar') return { ...scalarNode(node.value, node.span, node.text), ...flags }
    if (node.kind === 'list') return { ...listNode(node.items.map(convert), node.span), ...flags }
    const entries = [...node.entries.values()].map((entry) => ({ ...entry, value: convert(entry.value) }))
    return { ...mapNode(entries, node.span), ...flags }
  }

  return convert(root) as Kind
}
