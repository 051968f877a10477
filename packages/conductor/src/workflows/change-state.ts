import {
  type EngineTransaction,
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type Job,
  type JobStatus,
  mayBecome,
  type NewEvent,
  type WorkflowHead,
  type WorkflowStatus,
  workflowMayBecome,
} from '@rondo/model'
import { UndecidableError } from './undecidable-error.ts'

/** Why something changed, and by whom. Both stand in the event history. */
export interface Cause {
  /** Shown on the job's page: why it ended as it did. */
  readonly message?: string
  /** The decision behind the change, for the history. */
  readonly because?: string
  readonly approvedBy?: string
  readonly canceledBy?: string
}

/** The only place that changes a job. What the table of `life-cycle.ts` does not allow is thrown: nobody can say what follows. */
export async function changeJob(
  tx: EngineTransaction,
  head: WorkflowHead,
  job: Pick<Job, 'id' | 'name' | 'status'>,
  status: JobStatus,
  cause: Cause = {},
): Promise<void> {
  if (!mayBecome(job.status, status))
    throw new UndecidableError(head.workflow.id, `job ${job.name} is ${job.status} and may not become ${status}`)
  const { because, ...change } = cause
  await tx.saveJob({ id: job.id, status, ...change })
  await tx.append({
    ...jobScope(head, job),
    kind: isFinalJobStatus(status) ? 'job.finished' : 'job.changed',
    actorId: cause.approvedBy ?? cause.canceledBy ?? null,
    data: {
      name: job.name,
      from: job.status,
      to: status,
      ...(cause.message === undefined ? {} : { message: cause.message }),
      ...(because === undefined ? {} : { because }),
    },
  })
}

/**
 * The only place that changes a workflow. A status it has already is no change; a final one never changes. `because`: told when
 * it ends otherwise than well.
 */
export async function changeWorkflow(
  tx: EngineTransaction,
  head: WorkflowHead,
  status: WorkflowStatus,
  because?: string,
): Promise<boolean> {
  const { workflow } = head
  if (workflow.status === status || isFinalWorkflowStatus(workflow.status)) return false
  if (!workflowMayBecome(workflow.status, status))
    throw new UndecidableError(workflow.id, `it is ${workflow.status} and may not become ${status}`)
  await tx.saveWorkflow(workflow.id, status)
  await tx.append({
    ...workflowScope(head),
    kind: isFinalWorkflowStatus(status) ? 'workflow.finished' : 'workflow.changed',
    data: {
      name: workflow.name,
      from: workflow.status,
      to: status,
      ...(because === undefined || !isFinalWorkflowStatus(status) || status === 'success' ? {} : { because }),
    },
  })
  return true
}

/** Whom an event about a workflow belongs to. */
export function workflowScope(head: Pick<WorkflowHead, 'workflow' | 'organizationId'>): Omit<NewEvent, 'kind'> {
  const { workflow } = head
  return {
    organizationId: head.organizationId,
    projectId: workflow.projectId,
    pipelineId: workflow.pipelineId,
    workflowId: workflow.id,
  }
}

/** Whom an event about a job belongs to. */
export function jobScope(head: WorkflowHead, job: Pick<Job, 'id'>): Omit<NewEvent, 'kind'> {
  return { ...workflowScope(head), jobId: job.id }
}
