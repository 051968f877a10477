import type { AttemptRef, ReportEntry } from '@rondo/protocol'

/** What an agent keeps on its disk of one attempt. */
export interface HeldAttempt {
  readonly ref: AttemptRef
  readonly cpus: number
  readonly memoryMb: number
  /** The journal so far. */
  readonly entries: ReportEntry[]
  /** Whether the user's code was started: written to the disk before it is. */
  started: boolean
  /** What is still to happen, drawn when the code was started. */
  script: readonly ReportEntry[]
  stop: 'canceled' | 'timed-out' | 'gone' | undefined
}

/** An agent as the witness sees it: its name, and what lies on its disk. */
export interface Holder {
  readonly name: string
  readonly disk: ReadonlyMap<string, HeldAttempt>
}
