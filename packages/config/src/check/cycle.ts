/** Nodes that lie on a cycle of a graph given as `name -> names it needs`; empty when there is none. */
export function nodesOnCycles(needs: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const open = new Map<string, number>()
  const dependants = new Map<string, string[]>()
  for (const [name, required] of needs) {
    const known = required.filter((other) => needs.has(other))
    open.set(name, known.length)
    for (const other of known) {
      const others = dependants.get(other)
      if (others === undefined) dependants.set(other, [name])
      else others.push(name)
    }
  }
  prune(open, dependants)
  // What is left needs a cycle or lies on one; pruning from the other side leaves the cycles and paths between them.
  const left = new Set(open.keys())
  const wanted = new Map<string, number>()
  const reverse = new Map<string, string[]>()
  for (const name of left) {
    wanted.set(name, (dependants.get(name) ?? []).filter((other) => left.has(other)).length)
    reverse.set(
      name,
      (needs.get(name) ?? []).filter((other) => left.has(other)),
    )
  }
  prune(wanted, reverse)
  return [...wanted.keys()]
}

/** Takes away nodes with a count of zero, and counts down those they point at, until none is left. */
function prune(counts: Map<string, number>, pointsAt: ReadonlyMap<string, readonly string[]>): void {
  const ready = [...counts].filter(([, count]) => count === 0).map(([name]) => name)
  while (ready.length > 0) {
    const name = ready.pop()!
    counts.delete(name)
    for (const other of pointsAt.get(name) ?? []) {
      const count = (counts.get(other) ?? 0) - 1
      if (!counts.has(other)) continue
      counts.set(other, count)
      if (count === 0) ready.push(other)
    }
  }
}
