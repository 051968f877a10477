import type { OriginFrame } from '@rondo/model'
import type { Report } from '../report.ts'

/** Where a value stands: for messages, and the calls that led there. */
export interface Place {
  readonly report: Report
  /** `the step 'run'`, `job 'build'`: completes "in …". */
  readonly what: string
  readonly chain: readonly OriginFrame[]
}
