import type { EngineStore } from '@rondo/model'
import type { AttemptRef } from '@rondo/protocol'
import { changeJob } from '../workflows/change-state.ts'
import { attemptScope } from './attempt-scope.ts'

/**
 * Gives an attempt its one-time permission to start and marks its job as running, in one transaction: an attempt that may
 * run never belongs to a job that waits. False when it was given before (rule D-03).
 */
export async function grantStart(engine: EngineStore, agentId: string, ref: AttemptRef): Promise<boolean> {
  return engine.transact(async (tx) => {
    // Whoever changes jobs holds the workflow before anything else, so that no two wait for each other.
    const { head, identity, job } = await tx.holdAttempt(agentId, ref)
    if (!(await tx.grant(ref))) return false
    await tx.append({ ...attemptScope(identity), kind: 'task.started', data: { slice: identity.taskIndex } })
    if (job.status === 'queued') await changeJob(tx, head, job, 'running')
    return true
  })
}
