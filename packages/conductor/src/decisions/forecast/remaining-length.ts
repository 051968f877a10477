/** Nothing at all ever ran here: about what a short build takes. */
const unknownMs = 60_000
/** What has outlasted everything that is known goes on for about a tenth of the time that it took so far. */
const outlasting = 0.1

/**
 * How much longer a task is expected to take that has run for so long (0: it is to begin), in milliseconds: half of those
 * that took longer than that took no longer than this. `lengths` are ascending.
 */
export function remainingMs(lengths: readonly number[], elapsedMs: number): number {
  const longer = lengths.length === 0 ? [unknownMs] : lengths
  const left = longer.filter((ms) => ms > elapsedMs)
  if (left.length === 0) return elapsedMs * outlasting
  const [below, above] = [left[(left.length - 1) >> 1]!, left[left.length >> 1]!]
  return (below + above) / 2 - elapsedMs
}
