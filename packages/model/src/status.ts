/** Statuses exactly as API v2 names them. */

export type PipelineState = 'created' | 'errored' | 'setup-pending' | 'setup' | 'pending'

export type WorkflowStatus =
  | 'running'
  | 'on_hold'
  | 'failing'
  | 'success'
  | 'failed'
  | 'error'
  | 'canceled'
  | 'unauthorized'
  | 'not_run'

export type JobStatus =
  | 'blocked'
  | 'queued'
  | 'not_running'
  | 'running'
  | 'on_hold'
  | 'success'
  | 'failed'
  | 'canceled'
  | 'timedout'
  | 'infrastructure_fail'
  | 'unauthorized'
  | 'not_run'
  | 'retried'
  | 'terminated-unknown'

const finalWorkflow: ReadonlySet<WorkflowStatus> = new Set([
  'success',
  'failed',
  'error',
  'canceled',
  'unauthorized',
  'not_run',
])

const finalJob: ReadonlySet<JobStatus> = new Set([
  'success',
  'failed',
  'canceled',
  'timedout',
  'infrastructure_fail',
  'unauthorized',
  'not_run',
  'retried',
  'terminated-unknown',
])

/** A final status never changes. */
export function isFinalWorkflowStatus(status: WorkflowStatus): boolean {
  return finalWorkflow.has(status)
}

/** A final status never changes. */
export function isFinalJobStatus(status: JobStatus): boolean {
  return finalJob.has(status)
}
