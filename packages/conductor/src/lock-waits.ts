import { type EngineStore, isFinalJobStatus } from '@rondo/model'
import { advance } from './apply-moves.ts'
import { cancelJob } from './cancel.ts'
import type { StartChecks } from './start-job.ts'

/** Cancels lock nodes that have waited for their lock for too long (semantics 21.4: five hours). */
export async function endLockWaits(
  ports: { readonly engine: EngineStore; readonly checks: StartChecks },
  maxWaitMs: number,
): Promise<void> {
  for (const jobId of await ports.engine.overdueLocks(maxWaitMs, 100)) {
    await ports.engine.transact(async (tx) => {
      const workflowId = await tx.workflowOfJob(jobId)
      const snapshot = workflowId === undefined ? undefined : await tx.lockWorkflow(workflowId)
      const lock = snapshot?.locks.find((entry) => entry.jobId === jobId)
      const job = snapshot?.jobs.find((candidate) => candidate.id === jobId)
      // It may have got its lock since it was seen.
      if (snapshot === undefined || job === undefined || lock?.held !== false || isFinalJobStatus(job.status)) return
      await cancelJob(tx, snapshot, job, {
        message: `It waited for the lock ${lock.key} for longer than ${hours(maxWaitMs)}. Rerun the workflow when the lock is free.`,
      })
      await advance(tx, snapshot.workflow.id, ports.checks)
    })
  }
}

function hours(ms: number): string {
  const count = Math.round(ms / 360_000) / 10
  return count === 1 ? 'an hour' : `${count} hours`
}
