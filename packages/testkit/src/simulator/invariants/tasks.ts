import { isFinalJobStatus } from '@rondo/model'
import type { Change, Commit, MemoryDatabase } from '../memory-database.ts'
import type { AttemptRow, TaskRow } from '../memory-rows.ts'
import type { Report, Terms } from './rules.ts'

/** Rule 7. */
export function taskChanged(database: MemoryDatabase, change: Change, report: Report): void {
  const before = change.before as TaskRow | undefined
  const after = change.after as TaskRow
  const name = `slice ${after.index} of job ${database.jobs.get(after.jobId)?.committed?.name ?? after.jobId}`
  if (before === undefined) return
  if (before.phase === 'finished' && (after.phase !== 'finished' || after.result !== before.result))
    report(1, `${name} had ended as ${before.result} and became ${after.phase} ${after.result ?? ''}`)
  const taken = after.attemptId !== null && after.attemptId !== before.attemptId
  if (taken && (before.phase !== 'queued' || before.attemptId !== null))
    report(7, `${name} was taken while it was ${before.phase}`)
  if (taken && (after.epoch !== before.epoch + 1 || after.attempts !== before.attempts + 1))
    report(7, `${name} was taken with epoch ${after.epoch} after ${before.epoch}`)
}

/** Rules 7, 8 and 9. */
export function attemptChanged(
  database: MemoryDatabase,
  change: Change,
  commit: Commit,
  terms: Terms,
  report: Report,
): void {
  const before = change.before as AttemptRow | undefined
  const after = change.after as AttemptRow
  const task = database.tasks.get(after.taskId)?.committed
  const job = database.jobs.get(task?.jobId ?? '')?.committed
  if (task === undefined || job === undefined) {
    report(7, `attempt ${after.id} belongs to no task`)
    return
  }
  const name = `slice ${task.index} of job ${job.name}`
  if (before === undefined) return
  const back = before.phase !== 'finished' && after.phase === 'finished' && task.attemptId !== after.id
  if (!back && task.attemptId !== after.id) report(7, `an attempt that is not the newest of ${name} was written`)
  if (before.phase === 'finished') report(7, `an attempt of ${name} that had ended was written`)
  if (before.phase === 'finished' && after.phase !== 'finished') report(1, `a finished attempt of ${name} came back`)
  if (after.acknowledged < before.acknowledged) report(7, `the journal of ${name} went back`)
  if (before.grantedAt === null && after.grantedAt !== null) {
    if (isFinalJobStatus(job.status)) report(8, `${name} was granted its start after the job was ${job.status}`)
    if (task.stopReason !== null) report(8, `${name} was granted its start though it was asked to stop`)
  }
  if (before.grantedAt !== null && after.grantedAt !== before.grantedAt)
    report(8, `${name} was granted its start twice`)
  const lost =
    before.phase !== 'finished' && after.phase === 'finished' && (after.result === 'lost' || after.result === 'unknown')
  // Its agent said so itself, and that no code had run; that none runs twice is rule 12.
  if (!lost || after.acknowledged > before.acknowledged) return
  if (back && task.phase === 'queued' && before.grantedAt !== null)
    report(9, `${name} had started and was queued again`)
  const silent = commit.at - before.leaseExpiresAt
  const owed = before.grantedAt === null ? 0 : terms.lostAfterMs
  // The store tells how late an attempt is in whole milliseconds.
  if (silent < owed - 1)
    report(9, `${name} was taken from its agent ${Math.round(silent)} ms after its lease; ${owed} are due`)
  // It was taken when it was held: nobody could renew it from then on.
  const since = terms.servedSince(change.heldAt)
  if (change.heldAt < since + terms.leaseMs && before.leaseExpiresAt < since + terms.leaseMs)
    report(9, `${name} was taken from its agent ${Math.round(change.heldAt - since)} ms after nobody could renew it`)
}
