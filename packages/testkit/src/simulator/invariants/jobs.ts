import { isFinalJobStatus, type JobStatus, mayBecome } from '@rondo/model'
import type { Change, Commit, MemoryDatabase } from '../memory-database.ts'
import type { JobRow } from '../memory-rows.ts'
import { follow } from './events.ts'
import { fateOf, lockOf, statusesOf, tasksOf } from './graph.ts'
import { lockTaken } from './locks.ts'
import type { Report } from './rules.ts'

export function jobChanged(database: MemoryDatabase, change: Change, commit: Commit, report: Report): void {
  const before = change.before as JobRow | undefined
  const after = change.after as JobRow
  const name = `job ${after.name}`
  if (before === undefined) {
    const kept = after.keptFrom === null ? undefined : database.jobs.get(after.keptFrom)?.committed
    if (after.keptFrom !== null && (kept?.status !== after.status || !isFinalJobStatus(after.status)))
      report(11, `${name} is ${after.status} and stands for a job that is ${kept?.status ?? 'unknown'}`)
  }
  const from = before?.status ?? (after.keptFrom === null ? 'blocked' : after.status)
  if (isFinalJobStatus(from) && after.status !== from && before !== undefined)
    report(1, `${name} had ended as ${from} and became ${after.status}`)
  follow(
    commit.events.filter(
      (event) => (event.kind === 'job.changed' || event.kind === 'job.finished') && event.jobId === after.id,
    ),
    { from, to: after.status },
    (a, b) => mayBecome(a as JobStatus, b as JobStatus),
    name,
    report,
  )
  const approvals = commit.events.filter((event) => event.kind === 'job.approved' && event.jobId === after.id).length
  const approved = after.type === 'approval' && from !== after.status && after.status === 'success' ? 1 : 0
  if (approvals !== approved) report(19, `${name} became ${after.status} with ${approvals} approvals`)
  if (from === after.status) return
  if (after.type === 'lock' && after.status === 'success') lockTaken(database, after, commit, report)
  if (from === 'blocked') jobLeft(database, after, report)
  if (after.status === 'queued' || after.number !== (before?.number ?? null)) slicesQueued(database, after, report)
  if (isFinalJobStatus(after.status) && (from === 'queued' || from === 'running')) slicesEnded(database, after, report)
}

/** Rules 4 and 5. */
function jobLeft(database: MemoryDatabase, job: JobRow, report: Report): void {
  if (job.status === 'canceled') return
  const statuses = statusesOf(database, job.workflowId)
  const fate = fateOf(job, statuses)
  if (job.status === 'not_run') {
    // A lock node that a newer pipeline overtook, and an unlock node without its lock, are not run either.
    if (
      fate === 'met' &&
      (job.type === 'lock' || (job.type === 'unlock' && lockOf(database, job)?.status !== 'success'))
    )
      return
    if (fate !== 'never') report(4, `job ${job.name} was not run, though its requirements are ${fate}`)
    return
  }
  if (fate !== 'met') report(4, `job ${job.name} became ${job.status}, though its requirements are ${fate}`)
  const project = database.projects.get(job.projectId)?.committed
  const known = database.contexts.get(project?.organizationId ?? '')
  const missing = job.contexts.some((context) => known?.has(context) !== true)
  if (missing && job.type === 'build' && job.status !== 'unauthorized')
    report(5, `job ${job.name} became ${job.status}, though a context of it is missing`)
  if (!missing && job.status === 'unauthorized') report(5, `job ${job.name} was refused, though its contexts are there`)
}

/** Rule 6, at the start. */
function slicesQueued(database: MemoryDatabase, job: JobRow, report: Report): void {
  if (job.status !== 'queued') return
  const indexes = tasksOf(database, job.id).map((task) => task.index)
  const wanted = Array.from({ length: job.parallelism }, (_, index) => index)
  if (indexes.toSorted((a, b) => a - b).join() !== wanted.join())
    report(6, `job ${job.name} has the slices ${indexes.join()}, and a parallelism of ${job.parallelism}`)
}

const worse = ['skipped', 'passed', 'canceled', 'failed', 'timed-out', 'unknown', 'lost']
const endings: Readonly<Record<string, JobStatus>> = {
  skipped: 'success',
  passed: 'success',
  canceled: 'canceled',
  failed: 'failed',
  'timed-out': 'timedout',
  unknown: 'terminated-unknown',
  lost: 'infrastructure_fail',
}

/** Rule 6, at the end. A job that users cancel does not wait for its slices. */
function slicesEnded(database: MemoryDatabase, job: JobRow, report: Report): void {
  const tasks = tasksOf(database, job.id)
  const open = tasks.filter((task) => task.phase !== 'finished')
  if (job.status === 'canceled') return
  if (open.length > 0) report(6, `job ${job.name} ended as ${job.status} with ${open.length} slices open`)
  const worst = tasks
    .map((task) => task.result ?? 'lost')
    .reduce((a, b) => (worse.indexOf(b) > worse.indexOf(a) ? b : a))
  if (endings[worst] !== job.status) report(6, `job ${job.name} ended as ${job.status}; its worst slice ${worst}`)
}
