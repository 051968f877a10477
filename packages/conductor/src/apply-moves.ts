import {
  defaultResourceClass,
  type EngineTransaction,
  type JobWithPlan,
  type Resources,
  resourcesOf,
  type WorkflowSnapshot,
} from '@rondo/model'
import { changeJob, changeWorkflow, jobScope } from './change-state.ts'
import { nextMoves } from './next-moves.ts'

/** What starting a job needs to ask of the world; answered before the transaction's decision is written. */
export interface StartChecks {
  /** Names among `contexts` that the organisation does not have. */
  missingContexts(
    tx: EngineTransaction,
    organizationId: string,
    contexts: readonly string[],
  ): Promise<readonly string[]>
}

/**
 * Carries out what follows from a workflow's snapshot: saves the moves, queues tasks, appends events. The caller holds the
 * workflow's row, so no one else decides at the same time. A start that is refused is itself a change, hence the loop.
 */
export async function advance(tx: EngineTransaction, workflowId: string, checks: StartChecks): Promise<void> {
  for (;;) {
    const snapshot = await tx.lockWorkflow(workflowId)
    if (snapshot === undefined) return
    const decision = nextMoves(snapshot.jobs)
    let refused = false
    for (const move of decision.moves) {
      const job = snapshot.jobs.find((candidate) => candidate.id === move.jobId)!
      if (move.to === 'queued') refused = !(await startJob(tx, snapshot, job, checks)) || refused
      else await changeJob(tx, snapshot, job, move.to)
    }
    if (refused) continue
    await changeWorkflow(tx, snapshot, decision.status)
    return
  }
}

async function startJob(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  job: JobWithPlan,
  checks: StartChecks,
): Promise<boolean> {
  const missing =
    job.contexts.length === 0 ? [] : await checks.missingContexts(tx, snapshot.organizationId, job.contexts)
  if (missing.length > 0) {
    await tx.numberJob(job)
    await changeJob(tx, snapshot, job, 'unauthorized', {
      message: `There is no context named ${missing.join(', ')} in this organisation. Create it, or take it out of the config.`,
    })
    return false
  }
  if (job.type === 'release') {
    await changeJob(tx, snapshot, job, 'failed', {
      message: 'Release jobs are not available on this installation. Take the job out of the workflow.',
    })
    return false
  }
  const executor = job.executor ?? 'docker'
  const resourceClass = job.resourceClass ?? defaultResourceClass(executor)
  const resources: Resources | undefined = resourcesOf(executor, resourceClass)
  if (resources === undefined) {
    await tx.numberJob(job)
    await changeJob(tx, snapshot, job, 'failed', {
      message: `There is no resource class "${resourceClass}" for the ${executor} executor. Use one of the classes the documentation lists.`,
    })
    return false
  }
  await changeJob(tx, snapshot, job, 'queued')
  await tx.enqueue(job, executor, resources)
  await tx.append({ ...jobScope(snapshot, job), kind: 'task.queued' })
  return true
}
