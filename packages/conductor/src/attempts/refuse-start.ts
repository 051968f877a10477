import { type AttemptIdentity, type EngineStore, isFinalJobStatus } from '@rondo/model'
import { advance, endOf } from '../workflows/apply-moves.ts'
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
    const head = await tx.holdWorkflow(identity.workflowId)
    await tx.fence(agentId, identity)
    const job = (await tx.jobWithTasks(identity.jobId))?.job
    if (head === undefined || job === undefined) return
    const ends = !isFinalJobStatus(job.status)
    if (ends) await changeJob(tx, head, job, 'unauthorized', { message })
    await tx.stopTasks(job.id, 'canceled')
    await tx.finishAttempts([{ ...identity, result: 'canceled' }])
    await advance(tx, head, ends ? endOf(job, 'unauthorized') : [], ports.checks)
  })
}
