import type { QueueFilter, TaskLimit } from '@rondo/model'
import type { Cell, Commit, MemoryDatabase } from '../memory-database.ts'
import type { JobRow, TaskRow } from '../memory-rows.ts'
import type { Report } from './rules.ts'

type Scope = Pick<TaskRow, 'organizationId' | 'projectId' | 'resourceClass'>

/** Rules 22, 23 and 24, of what one claim took. */
export function tasksTaken(database: MemoryDatabase, commit: Commit, report: Report): void {
  const taken = commit.changes.flatMap((change) => {
    const before = change.before as TaskRow | undefined
    const after = change.after as TaskRow | undefined
    return change.table === 'tasks' && before?.phase === 'queued' && after?.phase === 'running' ? [after] : []
  })
  if (taken.length === 0) return
  const running = runningTasks(database)
  limitsKept(database, commit, { taken, running }, report)
  const before = running.filter((task) => !taken.includes(task))
  const first = taken[0]!
  for (const other of passedOver(database, first, commit.began)) {
    if (other.promotedAt !== null && first.promotedAt === null)
      report(23, `${nameOf(database, first)} was taken before ${nameOf(database, other)}, which was promoted`)
    if (other.promotedAt !== null || first.promotedAt !== null) continue
    if (database.runningChangedAt >= commit.began || limited(database, other, before, commit.began)) continue
    if ([...database.shares.values()].some((cell) => cell.holder !== undefined || cell.changedAt >= commit.began))
      continue
    if (isTurnOf(database, other, first, before))
      report(24, `${nameOf(database, first)} was taken though it was the turn of ${nameOf(database, other)}`)
  }
}

/** Of what runs and ends, for the next look. */
export function runningChanged(database: MemoryDatabase, commit: Commit): void {
  const phase = (row: unknown) => (row as TaskRow | undefined)?.phase
  if (
    commit.changes.some(
      ({ table, before, after }) => table === 'tasks' && (phase(before) === 'running') !== (phase(after) === 'running'),
    )
  )
    database.runningChangedAt = commit.at
}

/** Rule 22. Promoted tasks go past limits; what is not promoted never is one too many. */
function limitsKept(
  database: MemoryDatabase,
  commit: Commit,
  { taken, running }: { readonly taken: readonly TaskRow[]; readonly running: readonly TaskRow[] },
  report: Report,
): void {
  for (const { committed: limit, changedAt } of database.limits.values()) {
    if (limit === undefined || changedAt >= commit.began) continue
    const own = taken.filter((task) => isOf(limit, task))
    if (own.every((task) => task.promotedAt !== null)) continue
    const promoted = own.filter((task) => task.promotedAt !== null).length
    const count = running.filter((task) => isOf(limit, task)).length
    if (count > limit.maxTasks + promoted)
      report(22, `${count} tasks run where ${limit.maxTasks} may (${limit.id || 'everybody'})`)
  }
}

/** Waiting tasks that would have fitted where this one did, and that nobody held or kept for somebody. */
function passedOver(database: MemoryDatabase, taken: TaskRow, began: number): readonly TaskRow[] {
  return [...database.waiting].flatMap((cell) => {
    const task = cell.committed
    if (task?.phase !== 'queued' || task.executor !== taken.executor) return []
    const fits = task.cpus <= taken.cpus && task.memoryMb <= taken.memoryMb
    return fits && isFree(cell, task, began) ? [task] : []
  })
}

function isFree(cell: Cell<TaskRow>, task: TaskRow, since: number): boolean {
  const untouched = cell.holder === undefined && cell.freedAt < since && cell.changedAt < since
  return untouched && task.reservedUntil < since
}

/** Whether a limit holds it back, or may have a moment ago. */
function limited(database: MemoryDatabase, task: TaskRow, running: readonly TaskRow[], since: number): boolean {
  for (const { committed: limit, changedAt } of database.limits.values()) {
    if (changedAt >= since) return true
    if (limit === undefined || !isOf(limit, task)) continue
    if (running.filter((one) => isOf(limit, one)).length >= limit.maxTasks) return true
  }
  return false
}

/** The organisation that uses least of its share comes first, in it the project that does, in it who waits longest. */
function isTurnOf(database: MemoryDatabase, other: TaskRow, first: TaskRow, running: readonly TaskRow[]): boolean {
  const shares = [...database.shares.values()].flatMap((cell) => cell.committed ?? [])
  const claim = database.attempts.get(first.attemptId ?? '')?.committed?.claimedAt ?? 0
  // What this claim gave is no reason for it.
  const given =
    shares.length === 0
      ? []
      : [...database.attempts.values()].flatMap(({ committed: attempt }) => {
          const lately = attempt !== undefined && attempt.claimedAt > claim - 600_000 && attempt.claimedAt < claim
          return lately ? (database.tasks.get(attempt.taskId)?.committed ?? []) : []
        })
  const use = (of: (task: TaskRow) => boolean, organizationId: string, projectId: string | null) => {
    const cpus = [...running, ...given].filter(of).reduce((sum, task) => sum + task.cpus, 0)
    const own = shares.find((one) => one.organizationId === organizationId && one.projectId === projectId)
    return cpus / (own?.share ?? 100)
  }
  const ofOrganization = ({ organizationId }: TaskRow) =>
    use((task) => task.organizationId === organizationId, organizationId, null)
  const ofProject = ({ organizationId, projectId }: TaskRow) =>
    use((task) => task.projectId === projectId, organizationId, projectId)
  if (other.organizationId !== first.organizationId) return ofOrganization(other) < ofOrganization(first)
  if (other.projectId !== first.projectId) return ofProject(other) < ofProject(first)
  return other.queuedAt < first.queuedAt
}

export interface EmptyHanded {
  readonly free: { readonly cpus: number; readonly memoryMb: number }
  readonly executors: readonly string[]
}

/** Rule 25: an agent that asked and waited got nothing. */
export function leftEmpty(
  database: MemoryDatabase,
  agent: string,
  { free, executors, askedAt }: EmptyHanded & { readonly askedAt: number },
  report: Report,
): void {
  const waiting = [...database.waiting].filter(
    ({ committed: task }) => task?.phase === 'queued' && executors.includes(task.executor),
  )
  const fits = (task: TaskRow) => task.cpus <= free.cpus && task.memoryMb <= free.memoryMb
  const passedOver = waiting.flatMap((cell) => {
    const task = cell.committed!
    if (!fits(task) || !isFree(cell, task, askedAt)) return []
    const mayBeLimited = [...database.limits.values()].some(
      ({ committed: limit, changedAt }) => changedAt >= askedAt || (limit !== undefined && isOf(limit, task)),
    )
    return mayBeLimited ? [] : [task]
  })
  if (passedOver.length === 0) return
  // Room is made for what has waited too long, and others wait for that, also when it is canceled while they do.
  const isMadeRoomFor = ({ committed: task, changedAt }: Cell<TaskRow>) =>
    task !== undefined &&
    (task.phase === 'queued' || changedAt >= askedAt) &&
    !fits(task) &&
    task.queuedAt < database.now - 55_000
  if ([...database.tasks.values()].some(isMadeRoomFor)) return
  for (const task of passedOver) report(25, `${agent} got nothing, though ${nameOf(database, task)} waits and fits`)
}

/** Rule 26: what a batch canceled is what it was asked to. */
export function batchKept(database: MemoryDatabase, job: JobRow, filter: QueueFilter, report: Report): void {
  const project = database.projects.get(job.projectId)?.committed
  const pipelineId = database.workflows.get(job.workflowId)?.committed?.pipelineId
  const branch = database.pipelines.get(pipelineId ?? '')?.committed?.git.branch
  const meant =
    (filter.projectId ?? job.projectId) === job.projectId &&
    (filter.organizationId ?? project?.organizationId) === project?.organizationId &&
    (filter.resourceClass ?? job.resourceClass) === job.resourceClass &&
    (filter.branch ?? branch) === branch
  if (!meant) report(26, `${job.name} was canceled by a batch of ${JSON.stringify(filter)}`)
}

function runningTasks(database: MemoryDatabase): readonly TaskRow[] {
  return [...database.open].flatMap(({ committed: attempt }) => {
    const task = database.tasks.get(attempt?.taskId ?? '')?.committed
    return task?.phase === 'running' && task.attemptId === attempt?.id ? [task] : []
  })
}

function isOf(limit: TaskLimit, task: Scope): boolean {
  return (
    (limit.organizationId ?? task.organizationId) === task.organizationId &&
    (limit.projectId ?? task.projectId) === task.projectId &&
    (limit.resourceClass ?? task.resourceClass) === task.resourceClass
  )
}

function nameOf(database: MemoryDatabase, task: TaskRow): string {
  return `slice ${task.index} of job ${database.jobs.get(task.jobId)?.committed?.name} (${task.organizationId} ${task.resourceClass})`
}
