import type { EngineTransaction, HeldAttempt } from '@rondo/model'
import { changeJob } from '../workflows/change-state.ts'
import { attemptScope } from './attempt-scope.ts'

/**
 * Gives attempts their one-time permission to start and marks their jobs as running, in one transaction: an attempt that may
 * run never belongs to a job that waits. Answers those that have it now; others had it before (rule D-03).
 */
export async function grantStarts(tx: EngineTransaction, held: readonly HeldAttempt[]): Promise<ReadonlySet<string>> {
  if (held.length === 0) return new Set()
  const granted = await tx.grant(held.map(({ identity }) => identity))
  const running = new Set<string>()
  for (const { head, identity, job } of held) {
    if (!granted.has(identity.attemptId)) continue
    await tx.append({ ...attemptScope(identity), kind: 'task.started', data: { slice: identity.taskIndex } })
    if (job.status === 'queued' && !running.has(job.id)) await changeJob(tx, head, job, 'running')
    running.add(job.id)
  }
  return granted
}
