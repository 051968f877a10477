import { type EngineStore, type EngineTransaction, isFinalJobStatus, isFinalWorkflowStatus } from '@rondo/model'
import { requiredStatusOf } from '../decisions/life-cycles.ts'
import { locksToRelease } from '../decisions/lock-guard.ts'
import { workflowScope } from './change-state.ts'
import { giveLocksBack } from './give-locks-back.ts'
import { UndecidableError } from './undecidable-error.ts'

/**
 * As `EngineStore.transact`, for work that decides about workflows. One whose next step cannot be decided would hold up whoever
 * comes with something about it, for ever: an agent with its report, the sweeper, a chore. It ends as `error` instead, in a transaction
 * of its own, and the work is done again, which then finds it ended. The job of the attempt that `teller` names goes on: the work is
 * about to say how it ended.
 */
export async function decided<T>(
  engine: Pick<EngineStore, 'transact'>,
  work: (tx: EngineTransaction) => Promise<T>,
  teller?: string,
): Promise<T> {
  const ended = new Set<string>()
  for (;;) {
    try {
      return await engine.transact(work)
    } catch (error) {
      if (!(error instanceof UndecidableError) || ended.has(error.workflowId)) throw error
      ended.add(error.workflowId)
      await engine.transact((tx) => endAsError(tx, error, teller))
    }
  }
}

/** Asks no table whether it may: they are what does not fit. */
async function endAsError(
  tx: EngineTransaction,
  { workflowId, message: because }: UndecidableError,
  teller: string | undefined,
): Promise<void> {
  const snapshot = await tx.lockWorkflow(workflowId)
  if (snapshot === undefined || isFinalWorkflowStatus(snapshot.workflow.status)) return
  const { workflow } = snapshot
  const message = `What follows in this workflow could not be decided: ${because}. Rerun the workflow; if that ends in the same way, push again.`
  const told = snapshot.tasks.find((task) => teller !== undefined && task.attemptId === teller)?.jobId
  const open = snapshot.jobs.filter((job) => !isFinalJobStatus(job.status) && job.id !== told)
  for (const job of open) {
    await tx.saveJob({ id: job.id, status: 'canceled', message })
    await tx.stopTasks(job.id, 'canceled')
    const data = { name: job.name, from: job.status, to: 'canceled', message }
    await tx.append({ ...workflowScope(snapshot), jobId: job.id, kind: 'job.finished', data })
  }
  await tx.settle(open.map((job) => ({ jobId: job.id, as: requiredStatusOf('canceled')! })))
  await tx.saveWorkflow(workflow.id, 'error')
  const data = { name: workflow.name, from: workflow.status, to: 'error', message }
  await tx.append({ ...workflowScope(snapshot), kind: 'workflow.finished', data })
  // What an agent still works on keeps its lock until it has stopped; its last word then gives it back.
  const busy = new Set(snapshot.tasks.filter((task) => task.phase === 'running').map((task) => task.jobId))
  const jobs = snapshot.jobs.map((job) => (open.includes(job) ? { ...job, status: 'canceled' as const } : job))
  const released = locksToRelease(jobs, snapshot.locks, busy, 'error')
  if (released.length > 0) await giveLocksBack(tx, snapshot, released)
}
