import type { FoundLayer } from '@rondo/protocol'

type Origin = Pick<FoundLayer, 'job' | 'slice' | 'after'>

/** Neither comes after the other, so that none of them can be said to have the last word about a file. */
function concurrent(a: Origin, b: Origin): boolean {
  if (a.job === b.job) return a.slice !== b.slice
  return !a.after.includes(b.job) && !b.after.includes(a.job)
}

/** Whether a layer has others beside it, and its files must be looked at. */
export function hasConcurrent(layer: Origin, layers: readonly Origin[]): boolean {
  return layers.some((other) => other !== layer && concurrent(layer, other))
}

/** Remembers which layers brought which file; answers, in a line for each pair, where two that ran beside each other brought the same. */
export function createCollisionCheck(): { add(layer: Origin, files: Iterable<string>): string | undefined } {
  const owners = new Map<string, Origin[]>()
  return {
    add(layer, files) {
      const pairs = new Map<string, string[]>()
      for (const file of files) {
        const known = owners.get(file) ?? []
        const other = known.find((candidate) => concurrent(candidate, layer))
        if (other === undefined) owners.set(file, [...known, layer])
        else {
          const pair = `by ${told(other, layer)} and ${told(layer, other)}`
          pairs.set(pair, [...(pairs.get(pair) ?? []), file])
        }
      }
      return pairs.size === 0 ? undefined : sentence(pairs)
    },
  }
}

/** As many are named as show what they are; so many pairs, too. */
const named = 5

function sentence(pairs: ReadonlyMap<string, readonly string[]>): string {
  const lines = [...pairs].slice(0, named).map(([pair, files]) => {
    const rest = files.length > named ? ` and ${files.length - named} more` : ''
    const what = files.length === 1 ? 'file' : 'files'
    return `Concurrent upstream jobs persisted the same ${what}: ${files.slice(0, named).join(', ')}${rest}, ${pair}.`
  })
  return `${lines.join('\n')} Let them persist different paths, or one require the other.`
}

function told(layer: Origin, beside: Origin): string {
  return layer.job === beside.job ? `${layer.job} (slice ${layer.slice})` : layer.job
}
