import {
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type JobStatus,
  mayBecome,
  type NewEvent,
  type WorkflowStatus,
  workflowMayBecome,
} from '@rondo/model'
import type { Change, Commit, MemoryDatabase } from './memory-database.ts'
import type { AttemptRow, JobRow, LockRow, TaskRow, WorkflowRow } from './memory-rows.ts'

/**
 * What must always hold, said once and apart from the conductor: nothing here calls its decisions. Checked at every
 * commit (`ofCommit`) and once the world has come to rest (`atRest`); `witness.ts` adds what only agents can see.
 *
 *  1. Every job ends, and ends once: a final status never changes. The same for workflows.
 *  2. Every change of a job or workflow has its event in the same commit, and no event tells of a change that was not made.
 *  3. A workflow's status is the function of its jobs' statuses, at every commit.
 *  4. A job leaves `blocked` exactly when its requirements are decided: it starts if they are met, else it is not run.
 *  5. A job that is promised a context nobody has does not start.
 *  6. A job has as many slices as its parallelism, and ends with the worst of them, when the last has ended.
 *  7. A task has one owner: attempts and epochs rise by one, and only the newest attempt writes.
 *  8. A start is granted once, and never for a job that has ended or was asked to stop.
 *  9. What started is not queued again; what is taken from an agent was silent for its whole term.
 * 10. Build and pipeline numbers of a project have no gap and no double.
 * 11. At rest nothing waits, runs or is held, and every job that was kept by a rerun ended as it says.
 * 18. Every change of a status is one that the tables of the model have.
 * 20. A lock has one holder, goes to who came first, and is not given up while an agent works under it.
 * 19. An approval is given once, and only what waited for one becomes a success by it.
 */
export type Report = (rule: number, what: string) => void

export interface Terms {
  readonly leaseMs: number
  readonly lostAfterMs: number
  /** Since when somebody could renew a lease without a break: database, and at least one server. */
  readonly serviceSince: number
}

export function ofCommit(database: MemoryDatabase, commit: Commit, terms: Terms, report: Report): void {
  const workflows = new Set<string>()
  for (const change of commit.changes) {
    switch (change.table) {
      case 'jobs':
        jobChanged(database, change, commit, report)
        workflows.add((change.after as JobRow).workflowId)
        break
      case 'workflows':
        workflowChanged(change, commit.events, report)
        workflows.add((change.after as WorkflowRow).id)
        break
      case 'tasks':
        taskChanged(database, change, report)
        break
      case 'locks':
        lockChanged(database, change, report)
        break
      case 'attempts':
        attemptChanged(database, change, commit, terms, report)
        break
    }
  }
  for (const event of commit.events) eventTold(event, commit, report)
  for (const id of workflows) workflowFits(database, id, report)
}

function jobChanged(database: MemoryDatabase, change: Change, commit: Commit, report: Report): void {
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

/** Rule 2: events lead from the old status to the new one without a gap, each by a step that the table has (rule 18). */
function follow(
  events: readonly NewEvent[],
  ends: { readonly from: string; readonly to: string },
  allowed: (from: string, to: string) => boolean,
  what: string,
  report: Report,
): void {
  let at = ends.from
  for (const event of events) {
    const to = String(event.data?.to)
    if (event.data?.from !== at)
      report(2, `an event of ${what} starts from ${String(event.data?.from)}, not from ${at}`)
    if (!allowed(at, to)) report(18, `${what} became ${to}, which is no next status of ${at}`)
    at = to
  }
  if (at !== ends.to) report(2, `${what} became ${ends.to}, and its events end at ${at}`)
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

const worse = ['skipped', 'passed', 'canceled', 'failed', 'timed-out', 'lost']
const endings: Readonly<Record<string, JobStatus>> = {
  skipped: 'success',
  passed: 'success',
  canceled: 'canceled',
  failed: 'failed',
  'timed-out': 'timedout',
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

function workflowChanged(change: Change, events: readonly NewEvent[], report: Report): void {
  const before = change.before as WorkflowRow | undefined
  const after = change.after as WorkflowRow
  if (before !== undefined && isFinalWorkflowStatus(before.status) && before.status !== after.status)
    report(1, `workflow ${after.name} had ended as ${before.status} and became ${after.status}`)
  if (
    before === undefined &&
    !events.some((event) => event.kind === 'workflow.created' && event.workflowId === after.id)
  )
    report(2, `workflow ${after.name} was made without an event`)
  const own = events.filter(
    (event) =>
      (event.kind === 'workflow.changed' || event.kind === 'workflow.finished') && event.workflowId === after.id,
  )
  follow(
    own,
    { from: before?.status ?? 'running', to: after.status },
    (a, b) => workflowMayBecome(a as WorkflowStatus, b as WorkflowStatus),
    `workflow ${after.name}`,
    report,
  )
}

/** Rules 3 and 4: after a commit there is nothing left to decide. */
function workflowFits(database: MemoryDatabase, id: string, report: Report): void {
  const workflow = database.workflows.get(id)?.committed
  if (workflow === undefined) return
  const statuses = statusesOf(database, id)
  const expected = statusOf([...statuses.values()])
  if (workflow.status !== expected)
    report(3, `workflow ${workflow.name} is ${workflow.status}; its jobs say ${expected}`)
  for (const cell of database.jobsOfWorkflow.get(id) ?? []) {
    const job = cell.committed
    if (job?.status !== 'blocked') continue
    const fate = fateOf(job, statuses)
    if (job.type === 'unlock' && fate === 'met' && mayWait(database, job)) continue
    if (fate !== 'open') report(4, `job ${job.name} is still blocked, though its requirements are ${fate}`)
  }
}

/** Everything upstream of a job, nearest first. */
function upstream(database: MemoryDatabase, job: JobRow): readonly JobRow[] {
  const jobs = (database.jobsOfWorkflow.get(job.workflowId) ?? []).flatMap((cell) => cell.committed ?? [])
  const found = new Set<JobRow>([job])
  for (const next of found)
    for (const { node } of next.requires) {
      const other = jobs.find((candidate) => candidate.name === node)
      if (other !== undefined) found.add(other)
    }
  return [...found].slice(1)
}

/** The lock node whose lock an unlock node gives back. */
export function lockOf(database: MemoryDatabase, unlock: JobRow): JobRow | undefined {
  return upstream(database, unlock).find((job) => job.type === 'lock' && job.lockKey === unlock.lockKey)
}

/** Whether an unlock node has something to wait for: its lock, or an agent that still works on what stands before it. */
function mayWait(database: MemoryDatabase, unlock: JobRow): boolean {
  if (!isFinalJobStatus(lockOf(database, unlock)?.status ?? 'not_run')) return true
  return upstream(database, unlock).some((job) => tasksOf(database, job.id).some((task) => task.phase === 'running'))
}

/** Whether requirements are met, can still be, or never will. */
function fateOf(job: JobRow, statuses: ReadonlyMap<string, JobStatus>): 'met' | 'open' | 'never' {
  const each = job.requires.map(({ node, statuses: wanted }) => {
    const status = statuses.get(node)
    if (status === undefined || !isFinalJobStatus(status)) return 'open'
    const counts = ['timedout', 'infrastructure_fail', 'terminated-unknown'].includes(status) ? 'failed' : status
    return (wanted as readonly string[]).includes(counts) ? 'met' : 'never'
  })
  if (each.includes('never')) return 'never'
  return each.includes('open') ? 'open' : 'met'
}

function statusOf(jobs: readonly JobStatus[]): WorkflowStatus {
  const has = (...wanted: JobStatus[]) => jobs.some((status) => wanted.includes(status))
  const failed = has('failed', 'timedout', 'infrastructure_fail', 'terminated-unknown')
  if (jobs.every(isFinalJobStatus)) {
    if (has('canceled')) return 'canceled'
    if (failed) return 'failed'
    if (has('unauthorized')) return 'unauthorized'
    return has('success') ? 'success' : 'not_run'
  }
  if (!has('queued', 'running', 'not_running') && has('on_hold')) return 'on_hold'
  return failed ? 'failing' : 'running'
}

/** Rule 7. */
function taskChanged(database: MemoryDatabase, change: Change, report: Report): void {
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

/** Rule 20: who goes on behind a lock has it. It may be given back in the same commit. */
function lockTaken(database: MemoryDatabase, job: JobRow, commit: Commit, report: Report): void {
  const touched = commit.changes.some((change) => {
    const row = (change.after ?? change.before) as LockRow | undefined
    return change.table === 'locks' && (row === undefined || row.jobId === job.id)
  })
  if (!touched && database.locks.get(job.id)?.committed?.held !== true)
    report(20, `${job.name} goes on without the lock ${job.lockKey}`)
}

/** Rule 20. */
function lockChanged(database: MemoryDatabase, change: Change, report: Report): void {
  const before = change.before as LockRow | undefined
  const after = change.after as LockRow | undefined
  const row = after ?? before
  if (row === undefined) return
  const queue = [...database.locks.values()]
    .flatMap((cell) => cell.committed ?? [])
    .filter((other) => other.key === row.key && other.organizationId === row.organizationId)
  const held = queue.filter((other) => other.held)
  if (held.length > 1) report(20, `the lock ${row.key} has ${held.length} holders`)
  if (held.length === 0 && queue.length > 0)
    report(20, `nobody holds the lock ${row.key}, and ${queue.length} wait for it`)
  if (after?.held === true && before?.held !== true && queue.some((other) => other.order < after.order))
    report(20, `the lock ${row.key} was not given to who came first`)
  if (after !== undefined || before === undefined) return
  const lock = database.jobs.get(before.jobId)?.committed
  if (lock !== undefined && !isFinalJobStatus(lock.status))
    report(20, `${lock.name} was dropped from the queue of ${row.key}`)
  if (before.held && lock !== undefined && isLockInUse(database, lock))
    report(20, `the lock ${row.key} was given up by ${lock.name} while an agent works under it`)
}

/** Whether an agent works on something between a lock node and its unlock node. */
function isLockInUse(database: MemoryDatabase, lock: JobRow): boolean {
  const jobs = (database.jobsOfWorkflow.get(lock.workflowId) ?? []).flatMap((cell) => cell.committed ?? [])
  const unlock = jobs.find((job) => job.type === 'unlock' && lockOf(database, job) === lock)
  const guarded = jobs.filter((job) => upstream(database, job).includes(lock))
  const inside = unlock === undefined ? guarded : upstream(database, unlock).filter((job) => guarded.includes(job))
  return inside.some((job) => tasksOf(database, job.id).some((task) => task.phase === 'running'))
}

/** Rules 7, 8 and 9. */
function attemptChanged(database: MemoryDatabase, change: Change, commit: Commit, terms: Terms, report: Report): void {
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
  const lost = before.phase !== 'finished' && after.phase === 'finished' && after.result === 'lost'
  if (!lost) return
  if (back && task.phase === 'queued' && before.grantedAt !== null)
    report(9, `${name} had started and was queued again`)
  const silent = commit.at - before.leaseExpiresAt
  const owed = before.grantedAt === null ? 0 : terms.lostAfterMs
  if (silent < owed)
    report(9, `${name} was taken from its agent ${Math.round(silent)} ms after its lease; ${owed} are due`)
  if (commit.at < terms.serviceSince + terms.leaseMs && before.leaseExpiresAt < terms.serviceSince + terms.leaseMs)
    report(
      9,
      `${name} was taken from its agent ${Math.round(commit.at - terms.serviceSince)} ms after nobody could renew it`,
    )
}

/** Rule 2, the other way round: no event without its change. */
function eventTold(event: NewEvent, commit: Commit, report: Report): void {
  if (!/^(job|workflow)\.(changed|finished)$/.test(event.kind)) return
  const [table, id] = event.kind.startsWith('job') ? ['jobs', event.jobId] : ['workflows', event.workflowId]
  const changed = commit.changes.some((change) => change.table === table && (change.after as { id: string }).id === id)
  if (!changed) report(2, `an event ${event.kind} to ${String(event.data?.to)} tells of a change nobody made`)
}

/** Rules 1, 10 and 11, when troubles are over and time enough has passed. */
export function atRest(database: MemoryDatabase, report: Report): void {
  for (const { committed: workflow } of database.workflows.values())
    if (workflow !== undefined && !isFinalWorkflowStatus(workflow.status))
      report(
        1,
        `workflow ${workflow.name} of pipeline ${workflow.pipelineNumber} waits for ever; it is ${workflow.status}`,
      )
  for (const { committed: job } of database.jobs.values())
    if (job !== undefined && !isFinalJobStatus(job.status))
      report(1, `job ${job.name} waits for ever; it is ${job.status}`)
  for (const { committed: task } of database.tasks.values())
    if (task !== undefined && task.phase !== 'finished') report(11, `a task is ${task.phase} at rest`)
  for (const { committed: attempt } of database.attempts.values())
    if (attempt !== undefined && attempt.phase !== 'finished') report(11, `an attempt is ${attempt.phase} at rest`)
  for (const { committed: lock } of database.locks.values())
    if (lock !== undefined) report(11, `the lock ${lock.key} is ${lock.held ? 'held' : 'waited for'} at rest`)
  for (const { committed: pipeline } of database.pipelines.values())
    if (pipeline?.state === 'pending') report(11, `pipeline ${pipeline.number} is pending at rest`)
  for (const { committed: chore } of database.chores.values())
    if (chore !== undefined) report(11, `a chore ${chore.kind} is left at rest`)
  for (const { committed: step } of database.steps.values())
    if (step !== undefined && step.phase !== 'finished') report(11, `a step is ${step.phase} at rest`)
  for (const { committed: project } of database.projects.values()) {
    if (project === undefined) continue
    const jobs = [...database.jobs.values()].flatMap(({ committed: job }) =>
      job?.projectId === project.id && job.number !== null ? [job.number] : [],
    )
    countsUp(jobs, project.buildNumber, 'build', report)
    // A pipeline's number is reserved before its config is compiled; one whose server died then leaves a gap.
    const pipelines = [...database.pipelines.values()].flatMap(({ committed: pipeline }) =>
      pipeline?.projectId === project.id ? [pipeline.number] : [],
    )
    if (new Set(pipelines).size !== pipelines.length) report(10, 'two pipelines have the same number')
  }
}

function countsUp(numbers: readonly number[], last: number, what: string, report: Report): void {
  const sorted = numbers.toSorted((a, b) => a - b)
  if (sorted.length !== last || sorted.some((number, index) => number !== index + 1))
    report(10, `${what} numbers are ${sorted.join()}, and the last given is ${last}`)
}

function statusesOf(database: MemoryDatabase, workflowId: string): ReadonlyMap<string, JobStatus> {
  const statuses = new Map<string, JobStatus>()
  for (const { committed: job } of database.jobsOfWorkflow.get(workflowId) ?? [])
    if (job !== undefined) statuses.set(job.name, job.status)
  return statuses
}

function tasksOf(database: MemoryDatabase, jobId: string): readonly TaskRow[] {
  return (database.tasksOfJob.get(jobId) ?? []).flatMap(({ committed: task }) => (task === undefined ? [] : [task]))
}
