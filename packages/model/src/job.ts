import type { JobPlan, NodeType, Requirement } from './plan.ts'
import type { JobStatus } from './status.ts'

/** A node of a workflow's graph while it lives. */
export interface Job {
  readonly id: string
  readonly workflowId: string
  readonly projectId: string
  readonly name: string
  readonly type: NodeType
  /**
   * Unique in its project; given when the job first becomes runnable; approval jobs have none. One that a rerun kept has none of its
   * own, and is shown with that of the job that ran.
   */
  readonly number: number | null
  readonly status: JobStatus
  readonly requires: readonly Requirement[]
  readonly contexts: readonly string[]
  /** What a `lock` or `unlock` node is about; null for other types. */
  readonly lockKey: string | null
  readonly parallelism: number
  readonly resourceClass: string | null
  readonly executor: 'docker' | 'machine' | 'macos' | null
  readonly approvedBy: string | null
  readonly canceledBy: string | null
  /** Why the job ended as it did, when it was not its own steps; for the page. */
  readonly message: string | null
  /** Kept from this job of the rerun workflow, which had succeeded. */
  readonly keptFrom: string | null
  readonly createdAt: Date
  readonly queuedAt: Date | null
  readonly startedAt: Date | null
  readonly stoppedAt: Date | null
}

/** A job with the body it runs; the body is left out of lists. */
export interface JobWithPlan extends Job {
  readonly plan: JobPlan | null
}
