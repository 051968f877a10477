import type { Node } from '../tree/node.ts'

/** How far in the steps of a job stand. */
const stepIndent = 4

/** Characters that a step takes in the compiled config at least, its line ends included. */
export function leastStepSize(step: Node): number {
  return itemSize(step, stepIndent)
}

/** An item of a list, its dash and its line end included. What is written in quotes or as a block is only longer. */
function itemSize(node: Node, indent: number): number {
  return node.kind === 'scalar' ? indent + 3 + scalarSize(node) : blockSize(node, indent + 2)
}

function blockSize(node: Node, indent: number): number {
  if (node.kind === 'scalar') return scalarSize(node)
  let size = 0
  if (node.kind === 'list') for (const item of node.items) size += itemSize(item, indent)
  else
    for (const { key, value } of node.entries.values()) {
      size += indent + key.length + 2 + (value.kind === 'scalar' ? 1 + scalarSize(value) : blockSize(value, indent))
    }
  return size
}

function scalarSize(node: Node & { readonly kind: 'scalar' }): number {
  return typeof node.value === 'string' ? node.value.length : 1
}
