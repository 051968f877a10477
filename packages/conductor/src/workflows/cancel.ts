import { type EngineTransaction, isFinalJobStatus, isFinalWorkflowStatus, type WorkflowSnapshot } from '@rondo/model'
import { type Cause, changeJob } from './change-state.ts'

/** The cause of a cancel that somebody asked for; null: nobody in particular. */
export function canceledBy(actorId: string | null): Cause {
  return actorId === null ? {} : { canceledBy: actorId }
}

/** Cancels what has not ended. The caller then lets the workflow advance, which ends it. */
export async function cancelWorkflow(tx: EngineTransaction, snapshot: WorkflowSnapshot, cause: Cause): Promise<void> {
  const { workflow } = snapshot
  if (isFinalWorkflowStatus(workflow.status)) return
  for (const job of snapshot.jobs) await cancelJob(tx, snapshot, job, cause)
  await tx.saveWorkflow(workflow.id, workflow.status, cause.canceledBy ?? null)
}

/** Cancels a job that has not ended: its waiting tasks go, and agents are asked to stop the others. */
export async function cancelJob(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  job: WorkflowSnapshot['jobs'][number],
  cause: Cause,
): Promise<void> {
  if (isFinalJobStatus(job.status)) return
  await changeJob(tx, snapshot, job, 'canceled', cause)
  if (job.status !== 'blocked') await tx.stopTasks(job.id, 'canceled')
}
