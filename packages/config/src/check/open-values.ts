import type { MapEntry, Node } from '../tree/node.ts'
import { failedNode, listNode, mapNode } from '../tree/node.ts'

/**
 * A subtree in which everything that a template decides is open: readers take such a value for one they cannot know, and
 * say nothing of it. A map with a template for a key is open as a whole, since any key may come of it.
 */
export function openValues(node: Node): Node {
  return opened(node, new Map())
}

/** @param known what is shared behind aliases is opened once */
function opened(node: Node, known: Map<Node, Node>): Node {
  if (!node.templated) return node
  const before = known.get(node)
  if (before !== undefined) return before
  const result = openedAnew(node, known)
  known.set(node, result)
  return result
}

function openedAnew(node: Node, known: Map<Node, Node>): Node {
  if (node.kind === 'scalar') return failedNode(node.span)
  if (node.kind === 'list') {
    const items = node.items.map((item) => opened(item, known))
    return listNode(items, node.span)
  }
  const entries: MapEntry[] = []
  for (const entry of node.entries.values()) {
    if (entry.key.includes('<<')) return failedNode(node.span)
    entries.push({ ...entry, value: opened(entry.value, known) })
  }
  return mapNode(entries, node.span)
}
