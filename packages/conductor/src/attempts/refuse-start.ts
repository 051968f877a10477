import { type AttemptIdentity, type EngineStore, isFinalJobStatus } from '@rondo/model'
import { advance } from '../workflows/apply-moves.ts'
import { changeJob } from '../workflows/change-state.ts'
import type { StartChecks } from '../workflows/start-job.ts'

/**
 * Ends a job whose secrets cannot be had any more although it was queued: never run without what it was promised. The
 * attempt ends with it, before its start.
 */
export async function refuseStart(
  ports: { readonly engine: EngineStore; readonly checks: StartChecks },
  agentId: string,
  identity: AttemptIdentity,
  message: string,
): Promise<void> {
  await ports.engine.transact(async (tx) => {
    const snapshot = await tx.lockWorkflow(identity.workflowId)
    await tx.fence(agentId, identity)
    const job = snapshot?.jobs.find((candidate) => candidate.id === identity.jobId)
    if (snapshot === undefined || job === undefined) return
    if (!isFinalJobStatus(job.status)) await changeJob(tx, snapshot, job, 'unauthorized', { message })
    await tx.stopTasks(job.id, 'canceled')
    await tx.finishAttempt(identity, 'canceled')
    await advance(tx, identity.workflowId, ports.checks)
  })
}
