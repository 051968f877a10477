import type { EngineTransaction, WorkflowSnapshot } from '@rondo/model'
import { locksToRelease } from '../decisions/lock-guard.ts'
import { type Facts, type Move, nextMoves } from '../decisions/next-moves.ts'
import { autoRerun } from './auto-rerun.ts'
import { changeJob, changeWorkflow } from './change-state.ts'
import { type StartChecks, startJob } from './start-job.ts'

/**
 * Carries out what follows from a workflow's snapshot: saves the moves, queues tasks, appends events, gives back locks. The
 * caller holds the workflow's row, so no one else decides at the same time. An answer that changes the snapshot itself (a
 * start that is refused, a lock that is free) is decided on again, hence the loop.
 */
export async function advance(tx: EngineTransaction, workflowId: string, checks: StartChecks): Promise<void> {
  for (;;) {
    const snapshot = await tx.lockWorkflow(workflowId)
    if (snapshot === undefined) return
    const { moves, status } = nextMoves(snapshot.jobs, factsOf(snapshot))
    let again = false
    for (const move of moves) again = (await carryOut(tx, snapshot, move, checks)) || again
    if (again) continue
    const changed = await changeWorkflow(tx, snapshot, status)
    await releaseLocks(tx, snapshot, moves, status)
    const rerunId = changed && status === 'failed' ? await autoRerun(tx, snapshot, checks) : undefined
    return rerunId === undefined ? undefined : advance(tx, rerunId, checks)
  }
}

function factsOf(snapshot: WorkflowSnapshot): Facts {
  return {
    holding: new Set(snapshot.locks.filter((lock) => lock.held).map((lock) => lock.jobId)),
    busy: new Set(snapshot.tasks.filter((task) => task.phase === 'running').map((task) => task.jobId)),
  }
}

/** Answers whether the snapshot is no longer what the decision was made on. */
async function carryOut(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  move: Move,
  checks: StartChecks,
): Promise<boolean> {
  const job = snapshot.jobs.find((candidate) => candidate.id === move.jobId)!
  switch (move.to) {
    case 'queued':
      return !(await startJob(tx, snapshot, job, checks))
    case 'not_running':
      return askForLock(tx, snapshot, job)
    default:
      await changeJob(tx, snapshot, job, move.to)
      return false
  }
}

async function askForLock(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  job: WorkflowSnapshot['jobs'][number],
): Promise<boolean> {
  const key = job.lockKey ?? ''
  switch (await tx.requestLock(snapshot, { jobId: job.id, key })) {
    case 'held':
      await changeJob(tx, snapshot, job, 'success', { because: `nobody held the lock ${key}` })
      return true
    case 'waiting':
      await changeJob(tx, snapshot, job, 'not_running', { because: `others hold the lock ${key} or came before` })
      return false
    case 'superseded':
      await changeJob(tx, snapshot, job, 'not_run', {
        message: `A newer pipeline of this project holds the lock ${key} or waits for it. What it guards does not go back to an older revision.`,
      })
      return true
  }
}

async function releaseLocks(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  moves: readonly Move[],
  status: WorkflowSnapshot['workflow']['status'],
): Promise<void> {
  if (snapshot.locks.length === 0) return
  const moved = new Map(moves.map((move) => [move.jobId, move.to]))
  const jobs = snapshot.jobs.map((job) => ({ ...job, status: moved.get(job.id) ?? job.status }))
  const released = locksToRelease(jobs, snapshot.locks, factsOf(snapshot).busy, status)
  if (released.length > 0) await tx.releaseLocks(snapshot.organizationId, released)
}
