import { finalWorkflowStatuses, type JobStatus, type WorkflowStatus } from './status.ts'

/** Which status a job may take next. What is not listed is refused by the table, not by an if. */
export const jobTransitions: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  blocked: ['queued', 'not_running', 'on_hold', 'success', 'not_run', 'canceled', 'unauthorized', 'failed'],
  queued: ['running', 'canceled', 'failed', 'infrastructure_fail', 'terminated-unknown', 'timedout', 'unauthorized'],
  not_running: ['success', 'not_run', 'canceled', 'failed'],
  running: [
    'success',
    'failed',
    'canceled',
    'timedout',
    'infrastructure_fail',
    'terminated-unknown',
    'unauthorized',
    'queued',
  ],
  on_hold: ['success', 'canceled'],
  success: [],
  failed: [],
  canceled: [],
  timedout: [],
  infrastructure_fail: [],
  unauthorized: [],
  not_run: [],
  retried: [],
  'terminated-unknown': [],
}

/** Which status a workflow may take next. Once a job has failed, it can no longer succeed. */
export const workflowTransitions: Readonly<Record<WorkflowStatus, readonly WorkflowStatus[]>> = {
  running: ['on_hold', 'failing', ...finalWorkflowStatuses],
  on_hold: ['running', 'failing', ...finalWorkflowStatuses],
  failing: ['on_hold', 'failed', 'error', 'canceled'],
  success: [],
  failed: [],
  error: [],
  canceled: [],
  unauthorized: [],
  not_run: [],
}

/** Whether a job may go from one status to another; from one that the table does not know, to none. */
export function mayBecome(from: JobStatus, to: JobStatus): boolean {
  return Object.hasOwn(jobTransitions, from) && jobTransitions[from].includes(to)
}

/** Whether a workflow may go from one status to another; from one that the table does not know, to none. */
export function workflowMayBecome(from: WorkflowStatus, to: WorkflowStatus): boolean {
  return Object.hasOwn(workflowTransitions, from) && workflowTransitions[from].includes(to)
}
