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

export const finalWorkflowStatuses: readonly WorkflowStatus[] = [
  'success',
  'failed',
  'error',
  'canceled',
  'unauthorized',
  'not_run',
]

export const finalJobStatuses: readonly JobStatus[] = [
  'success',
  'failed',
  'canceled',
  'timedout',
  'infrastructure_fail',
  'unauthorized',
  'not_run',
  'retried',
  'terminated-unknown',
]

/** A final status never changes. */
export function isFinalWorkflowStatus(status: WorkflowStatus): boolean {
  return finalWorkflowStatuses.includes(status)
}

/** A final status never changes. */
export function isFinalJobStatus(status: JobStatus): boolean {
  return finalJobStatuses.includes(status)
}
