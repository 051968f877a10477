import {
  type EndedJob,
  type EngineTransaction,
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type Job,
  type WorkflowHead,
  type WorkflowSnapshot,
} from '@rondo/model'
import { type Cause, changeJob, workflowScope } from './change-state.ts'

/** Cancels one job, and answers its end. A workflow with a canceled job ends as canceled, by whoever canceled the first. */
export async function cancelOneJob(
  tx: EngineTransaction,
  head: WorkflowHead,
  job: Job,
  cause: Cause,
): Promise<readonly EndedJob[]> {
  const { workflow } = head
  const ended = await cancelJob(tx, head, job, cause)
  if (ended.length > 0 && workflow.canceledBy === null)
    await tx.saveWorkflow(workflow.id, workflow.status, cause.canceledBy ?? null)
  return ended
}

/** The cause of a cancel that somebody asked for; null: nobody in particular. */
export function canceledBy(actorId: string | null): Cause {
  return actorId === null ? {} : { canceledBy: actorId }
}

/**
 * Cancels what has not ended, and answers that. The caller then lets the workflow advance, which ends it. The history says it of
 * the workflow, and of each job that it was by that: who canceled jobs alone is told apart.
 */
export async function cancelWorkflow(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  cause: Cause,
): Promise<readonly EndedJob[]> {
  const { workflow } = snapshot
  if (isFinalWorkflowStatus(workflow.status)) return []
  const { because, canceledBy: actorId = null } = cause
  await tx.append({
    ...workflowScope(snapshot),
    kind: 'workflow.canceled',
    actorId,
    data: { name: workflow.name, ...(because === undefined ? {} : { because }) },
  })
  const byThat = { ...cause, because: `its workflow was canceled${because === undefined ? '' : `: ${because}`}` }
  const ended: EndedJob[] = []
  for (const job of snapshot.jobs) ended.push(...(await cancelJob(tx, snapshot, job, byThat)))
  await tx.saveWorkflow(workflow.id, workflow.status, cause.canceledBy ?? null)
  return ended
}

/** Ends a job that has not ended, and answers that: its waiting tasks go, and agents are asked to stop the others. */
async function cancelJob(
  tx: EngineTransaction,
  head: WorkflowHead,
  job: Job,
  cause: Cause,
): Promise<readonly EndedJob[]> {
  if (isFinalJobStatus(job.status)) return []
  await changeJob(tx, head, job, 'canceled', cause)
  if (job.status !== 'blocked') await tx.stopTasks(job.id, 'canceled')
  return [{ jobId: job.id, as: 'canceled' }]
}
