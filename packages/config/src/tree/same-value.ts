import type { Node, ScalarNode } from './node.ts'

/** Whether two nodes hold the same value; types count (`"1"` is not `1`), the order of map keys does not. */
export function sameValue(left: Node, right: Node): boolean {
  if (left === right) return true
  if (left.kind === 'scalar') return right.kind === 'scalar' && sameScalar(left, right)
  if (left.kind === 'list') {
    return (
      right.kind === 'list' &&
      left.items.length === right.items.length &&
      left.items.every((item, i) => sameValue(item, right.items[i]!))
    )
  }
  if (right.kind !== 'map' || left.entries.size !== right.entries.size) return false
  for (const entry of left.entries.values()) {
    const other = right.entries.get(entry.key)
    if (other === undefined || !sameValue(entry.value, other.value)) return false
  }
  return true
}

/** A text that is equal for two nodes exactly when they would be printed alike; the order of keys counts. */
export function fingerprint(node: Node): string {
  return JSON.stringify(plainValue(node))
}

function sameScalar(left: ScalarNode, right: ScalarNode): boolean {
  return left.value === right.value && (left.text === right.text || !isVast(left))
}

/** Whether it is an integer of more digits than a number holds: two different ones may have one value. */
function isVast({ value }: ScalarNode): boolean {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
}

/** The node as plain data. */
export function plainValue(node: Node): unknown {
  if (node.kind === 'scalar') return isVast(node) ? { integer: node.text } : node.value
  if (node.kind === 'list') return node.items.map(plainValue)
  // Pairs, because an object would reorder keys that look like numbers.
  return { map: [...node.entries.values()].map((entry) => [entry.key, plainValue(entry.value)]) }
}
