/** A time limit as people write it: `20s`, and from a minute on `10m0s`. */
export function duration(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)}m${Math.round((ms % 60_000) / 1000)}s`
  return `${ms / 1000}s`
}
