import type { JobStatus, NodeType, Requirement } from '@rondo/model'

/** What deciding needs to know of a job. */
export interface JobState {
  readonly id: string
  readonly name: string
  readonly type: NodeType
  readonly status: JobStatus
  readonly requires: readonly Requirement[]
  /** Key of a `lock` or `unlock` node. */
  readonly lockKey: string | null
}
