import type { JobStatus, WorkflowStatus } from '../status.ts'

/** Which runs of a project to look at. */
export interface RunFilter {
  readonly projectId: string
  readonly since: Date
  readonly until: Date
  readonly branch?: string
  readonly workflow?: string
}

/** A workflow as its statistics need it. */
export interface WorkflowRun {
  readonly id: string
  readonly name: string
  readonly branch: string | null
  readonly status: WorkflowStatus
  readonly createdAt: Date
  readonly stoppedAt: Date | null
}

export interface JobRun {
  readonly name: string
  readonly status: JobStatus
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly stoppedAt: Date | null
}

/** Reads over what has run, newest first and at most `limit` of it. */
export interface Insights {
  workflowRuns(filter: RunFilter, limit: number): Promise<readonly WorkflowRun[]>
  /** Jobs that got a number. */
  jobRuns(filter: RunFilter, limit: number): Promise<readonly JobRun[]>
  /** Branches that had a workflow (of that name), by name. */
  branches(projectId: string, workflow: string | undefined): Promise<readonly string[]>
}
