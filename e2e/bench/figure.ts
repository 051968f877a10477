/** One measured figure, as words. */
export interface Figure {
  readonly name: string
  readonly ours: string
  /** What a peer or the bare machine takes, measured in the same run. */
  readonly floor: string
  /** Ours as a multiple of the floor (of its inverse, for rates), where the two can be compared. */
  readonly ratio?: string
  readonly aim: string
}

/** Milliseconds that something takes. */
export function timed(run: () => unknown): number {
  const begun = performance.now()
  run()
  return performance.now() - begun
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`
}

/** How many times the floor. */
export function ratio(ours: number, floor: number): string {
  return (ours / floor).toFixed(2)
}
