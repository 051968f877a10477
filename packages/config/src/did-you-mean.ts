/** Looking at more costs more than a suggestion is worth. */
const maxCandidates = 1_000
const maxSlips = 100

/** The candidate nearest to `word`, when it is near enough to be a likely slip; undefined otherwise. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const bound = Math.max(1, Math.floor(word.length / 3))
  const folded = word.toLowerCase()
  let best: string | undefined
  let bestDistance = bound + 1
  let looked = 0
  for (const candidate of candidates) {
    looked += 1
    if (looked > maxCandidates) break
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const other = candidate.toLowerCase()
    // A slip leaves the first or the last letter; asking that first saves most of the work.
    if (other[0] !== folded[0] && other.at(-1) !== folded.at(-1)) continue
    const distance = editDistance(folded, other, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `Did you mean '…'?` for the nearest candidate; undefined when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(word.slice(0, 100), candidates)
  return found === undefined ? undefined : `Did you mean '${found}'?`
}

/**
 * The key that seems to be meant as `wanted`, where that is missing: it is refused as unknown, and nothing is missing on
 * top of it. Undefined when `wanted` is there, or nothing like it.
 * @param known the keys that have a meaning beside it
 */
export function slipFor(wanted: string, keys: Iterable<string>, known: readonly string[]): string | undefined {
  let looked = 0
  for (const key of keys) {
    if (key === wanted || looked++ === maxSlips) return undefined
    if (!known.includes(key) && nearest(key.slice(0, 100), [wanted]) !== undefined) return key
  }
  return undefined
}

/** Insertions, deletions, changes and swaps of neighbours; any number from `bound` up when it takes as many. */
function editDistance(a: string, b: string, bound: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    let lowest = i
    for (let j = 1; j <= b.length; j += 1) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      let cell = Math.min(last[j - 1]! + (same ? 0 : 1), last[j]! + 1, row[j - 1]! + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cell = Math.min(cell, beforeLast[j - 2]! + 1)
      row.push(cell)
      lowest = Math.min(lowest, cell)
    }
    if (lowest > bound) return lowest
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
