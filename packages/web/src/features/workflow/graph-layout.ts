export interface GraphNode {
  readonly name: string
  readonly requires: readonly string[]
}

export interface Placed<T> {
  readonly node: T
  readonly column: number
  readonly row: number
}

/**
 * Columns by the longest way from a start, rows so that a job stands near those it requires. Jobs that require nothing
 * unknown to the graph are starts; a cycle, which no valid config has, ends up in the column where it was met.
 */
export function layoutGraph<T extends GraphNode>(nodes: readonly T[]): readonly Placed<T>[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const columns = new Map<string, number>()
  const visiting = new Set<string>()

  function columnOf(node: T): number {
    const known = columns.get(node.name)
    if (known !== undefined) return known
    if (visiting.has(node.name)) return 0
    visiting.add(node.name)
    const upstream = node.requires.flatMap((name) => byName.get(name) ?? [])
    const column = upstream.length === 0 ? 0 : Math.max(...upstream.map(columnOf)) + 1
    columns.set(node.name, column)
    return column
  }

  const layers: T[][] = []
  for (const node of nodes) {
    const layer = layers[columnOf(node)] ?? []
    layers[columnOf(node)] = layer
    layer.push(node)
  }
  const rows = new Map<string, number>()
  for (const layer of layers) {
    const wished = layer.map((node, index) => ({
      node,
      at: average(node.requires.flatMap((name) => rows.get(name) ?? [])) ?? index,
    }))
    wished.sort((a, b) => a.at - b.at)
    for (const [row, { node }] of wished.entries()) rows.set(node.name, row)
  }
  return nodes.map((node) => ({ node, column: columnOf(node), row: rows.get(node.name) ?? 0 }))
}

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
