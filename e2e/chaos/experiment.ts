import type { UnexpectedEnd } from '@rondo/testkit'

/** What an experiment found: promises that were broken, and what it counted. */
export interface Findings {
  readonly problems: readonly string[]
  readonly figures: Readonly<Record<string, number>>
}

export interface Setting {
  readonly executor: 'docker' | 'sandbox'
  /** Told what happens while it happens. */
  readonly say: (text: string) => void
}

/** How large an experiment is: numbers by name, each an option of the command line. */
export type Sizes = Readonly<Record<string, number>>

export interface Experiment<Size extends Sizes = Sizes> {
  /** Rows of the reliability rules it is about. */
  readonly rows: string
  readonly what: string
  /** Its full figures. */
  readonly full: Size
  run(size: Size, setting: Setting): Promise<Findings>
}

/** With the last lines that the process printed: they say why. */
export function describeEnd({ name, code, signal, printed }: UnexpectedEnd): string {
  const lines = printed.trimEnd().split('\n').slice(-25).join('\n    ')
  return `the server process ${name} ended by itself with ${code ?? signal}; it printed last:\n    ${lines}`
}

/** Of all values the one that so large a share is not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
