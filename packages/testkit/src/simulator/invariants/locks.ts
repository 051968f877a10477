import { isBlocked, isFinalJobStatus } from '@rondo/model'
import type { Change, Commit, MemoryDatabase } from '../memory-database.ts'
import type { JobRow, LimitRow, LockRow } from '../memory-rows.ts'
import { lockOf, tasksOf, upstream } from './graph.ts'
import type { Report } from './rules.ts'

/** Rule 20: who goes on behind a lock has it. It may be given back in the same commit. */
export function lockTaken(database: MemoryDatabase, job: JobRow, commit: Commit, report: Report): void {
  const touched = commit.changes.some((change) => {
    const row = (change.after ?? change.before) as LockRow | undefined
    return change.table === 'locks' && (row === undefined || row.jobId === job.id)
  })
  if (!touched && database.locks.get(job.id)?.committed?.held !== true)
    report(20, `${job.name} goes on without the lock ${job.lockKey}`)
}

/** Rule 20. */
export function lockChanged(database: MemoryDatabase, change: Change, report: Report): void {
  const before = change.before as LockRow | undefined
  const after = change.after as LockRow | undefined
  const row = after ?? before
  if (row === undefined) return
  const queue = [...database.locks.values()]
    .flatMap((cell) => cell.committed ?? [])
    .filter((other) => other.key === row.key && other.organizationId === row.organizationId)
  const held = queue.filter((other) => other.held)
  if (held.length > 1) report(20, `the lock ${row.key} has ${held.length} holders`)
  const limits = limitsOf(database)
  const may = queue.filter((other) => !isBlocked(limits, other))
  if (held.length === 0 && may.length > 0) report(20, `nobody holds the lock ${row.key}, and ${may.length} wait for it`)
  if (after?.held === true && before?.held !== true) {
    if (may.some((other) => other.order < after.order))
      report(20, `the lock ${row.key} was not given to who came first`)
    if (!may.includes(after)) report(20, `the lock ${row.key} was given to who may begin nothing new`)
  }
  if (after !== undefined || before === undefined) return
  const lock = database.jobs.get(before.jobId)?.committed
  if (lock !== undefined && !isFinalJobStatus(lock.status))
    report(20, `${lock.name} was dropped from the queue of ${row.key}`)
  if (before.held && lock !== undefined && isLockInUse(database, lock))
    report(20, `the lock ${row.key} was given up by ${lock.name} while an agent works under it`)
}

/** Rule 20, when somebody blocked work or let it go on. */
export function limitChanged(database: MemoryDatabase, report: Report): void {
  const limits = limitsOf(database)
  const rows = [...database.locks.values()].flatMap((cell) => cell.committed ?? [])
  for (const queue of Map.groupBy(rows, (row) => `${row.organizationId}/${row.key}`).values())
    if (!queue.some((row) => row.held) && queue.some((row) => !isBlocked(limits, row)))
      report(20, `nobody was given the lock ${queue[0]!.key} when work was let go on`)
}

function limitsOf(database: MemoryDatabase): readonly LimitRow[] {
  return [...database.limits.values()].flatMap((cell) => cell.committed ?? [])
}

/** Whether an agent works on something between a lock node and its unlock node. */
function isLockInUse(database: MemoryDatabase, lock: JobRow): boolean {
  const jobs = (database.jobsOfWorkflow.get(lock.workflowId) ?? []).flatMap((cell) => cell.committed ?? [])
  const unlock = jobs.find((job) => job.type === 'unlock' && lockOf(database, job) === lock)
  const guarded = jobs.filter((job) => upstream(database, job).includes(lock))
  const inside = unlock === undefined ? guarded : upstream(database, unlock).filter((job) => guarded.includes(job))
  return inside.some((job) => tasksOf(database, job.id).some((task) => task.phase === 'running'))
}
