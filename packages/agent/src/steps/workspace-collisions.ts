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

/** Remembers which layers brought which file; answers, as a sentence, where two that ran beside each other brought the same. */
export function createCollisionCheck(): { add(layer: Origin, files: Iterable<string>): string | undefined } {
  const owners = new Map<string, Origin[]>()
  return {
    add(layer, files) {
      for (const file of files) {
        const known = owners.get(file) ?? []
        const other = known.find((candidate) => concurrent(candidate, layer))
        if (other !== undefined)
          return `Concurrent upstream jobs persisted the same file: ${file}, by ${told(other, layer)} and ${told(layer, other)}. Let them persist different paths, or one require the other.`
        owners.set(file, [...known, layer])
      }
      return undefined
    },
  }
}

function told(layer: Origin, beside: Origin): string {
  return layer.job === beside.job ? `${layer.job} (slice ${layer.slice})` : layer.job
}
