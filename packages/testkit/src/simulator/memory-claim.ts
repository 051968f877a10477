import {
  type ClaimedTask,
  type ClaimQuery,
  nextLine,
  patienceMs,
  type QueueLine,
  type QueueView,
  type Resources,
  type RunningTasks,
  shareMemoryMs,
} from '@rondo/model'
import type { Cell, MemoryDatabase, Work } from './memory-database.ts'
import { type Effect, identify, required } from './memory-identity.ts'
import type { AttemptRow, TaskRow } from './memory-rows.ts'

const reservationMs = 30_000

interface Terms {
  readonly effect: Effect
  readonly seen: (view: QueueView) => QueueView
}

/** Takes tasks in the order of `nextLine`, one after the other until nothing fits, as the real store does. */
export async function claimTasks(
  database: MemoryDatabase,
  work: Work,
  request: ClaimQuery,
  { effect, seen }: Terms,
): Promise<readonly ClaimedTask[]> {
  const claimed: ClaimedTask[] = []
  const free = { ...request.free }
  if (!somethingWaits(database, work, request.executors)) return claimed
  // Limits are held before what runs is counted, those too that somebody is about to add.
  await work.share(database.limitTable)
  for (const limit of database.limits.values()) await work.lock(limit)
  const passed = new Set<string>()
  while (claimed.length < request.free.tasks) {
    if (claimed.length > 0) await effect('claim')
    const lines = linesOf(database, work, request).filter((line) => !passed.has(keyOf(line)))
    const next = nextLine(seen({ ...viewOf(database, work), lines }), {
      free,
      machine: request.machine,
      patientUntil: -patienceMs,
    })
    if (next === undefined) break
    const { line } = next
    if (next.action === 'hold') {
      if (reserve(database, work, request.agentId, line.taskId)) break
      passed.add(keyOf(line))
      continue
    }
    const task = take(database, work, request, required(database.tasks.get(line.taskId), 'task', line.taskId))
    claimed.push(task)
    free.cpus -= Math.min(line.cpus, request.machine.cpus)
    free.memoryMb -= Math.min(line.memoryMb, request.machine.memoryMb)
  }
  if (claimed.length > 0) await effect('record the claims')
  for (const task of claimed) recordClaim(database, work, request.agentId, task)
  return claimed
}

function somethingWaits(database: MemoryDatabase, work: Work, executors: readonly string[]): boolean {
  for (const cell of database.waiting) {
    const task = work.read(cell)
    // One that another transaction is about to queue stays.
    if (task?.phase !== 'queued') {
      if (cell.holder === undefined) database.waiting.delete(cell)
    } else if (executors.includes(task.executor)) return true
  }
  return false
}

/** Without what another process is about to take, and what another agent makes room for: a line is as old as what it has to give. */
function linesOf(database: MemoryDatabase, work: Work, request: ClaimQuery): readonly QueueLine[] {
  const lines = new Map<string, TaskRow>()
  for (const cell of database.waiting) {
    const task = work.read(cell)
    if (task?.phase !== 'queued' || !request.executors.includes(task.executor)) continue
    if (cell.holder !== undefined && cell.holder !== work) continue
    if (task.reservedBy !== null && task.reservedBy !== request.agentId && task.reservedUntil >= work.now) continue
    const key = keyOf(task)
    const first = lines.get(key)
    if (first === undefined || comesBefore(task, first)) lines.set(key, task)
  }
  return [...lines.values()].map((first) => ({
    organizationId: first.organizationId,
    projectId: first.projectId,
    executor: first.executor,
    resourceClass: first.resourceClass,
    cpus: first.cpus,
    memoryMb: first.memoryMb,
    promoted: first.promotedAt !== null,
    since: (first.promotedAt ?? first.queuedAt) - work.now,
    taskId: first.id,
  }))
}

function viewOf(database: MemoryDatabase, work: Work): Omit<QueueView, 'lines'> {
  const running = new Map<string, RunningTasks>()
  for (const cell of database.open) {
    const attempt = work.read(cell)
    const task = work.read(database.tasks.get(attempt?.taskId ?? ''))
    if (task?.phase !== 'running' || task.attemptId !== attempt?.id) continue
    const { organizationId, projectId, resourceClass, cpus } = task
    const key = `${projectId} ${resourceClass}`
    const one = running.get(key)
    running.set(key, {
      organizationId,
      projectId,
      resourceClass,
      tasks: (one?.tasks ?? 0) + 1,
      cpus: (one?.cpus ?? 0) + cpus,
    })
  }
  const limits = [...database.limits.values()].flatMap((cell) => work.read(cell) ?? [])
  const shares = [...database.shares.values()].flatMap((cell) => work.read(cell) ?? [])
  return {
    running: [...running.values()],
    limits,
    shares,
    given: shares.length === 0 ? [] : givenLately(database, work),
  }
}

function givenLately(database: MemoryDatabase, work: Work): readonly RunningTasks[] {
  return [...database.attempts.values()].flatMap((cell) => {
    const attempt = work.read(cell)
    if (attempt === undefined || attempt.claimedAt <= work.now - shareMemoryMs) return []
    const task = work.read(database.tasks.get(attempt.taskId))
    if (task === undefined) return []
    const { organizationId, projectId, resourceClass, cpus } = task
    return [{ organizationId, projectId, resourceClass, tasks: 1, cpus }]
  })
}

function comesBefore(a: TaskRow, b: TaskRow): boolean {
  const promoted = (a.promotedAt ?? Number.POSITIVE_INFINITY) - (b.promotedAt ?? Number.POSITIVE_INFINITY)
  if (promoted !== 0 && !Number.isNaN(promoted)) return promoted < 0
  return a.queuedAt < b.queuedAt || (a.queuedAt === b.queuedAt && a.id < b.id)
}

function keyOf({
  executor,
  projectId,
  resourceClass,
  cpus,
  memoryMb,
}: Pick<TaskRow, 'executor' | 'projectId' | 'resourceClass'> & Resources): string {
  return `${projectId} ${executor} ${resourceClass} ${cpus} ${memoryMb}`
}

/** False: another agent makes room for it already. */
function reserve(database: MemoryDatabase, work: Work, agentId: string, taskId: string): boolean {
  const cell = required(database.tasks.get(taskId), 'task', taskId)
  const task = work.read(cell)
  const others = task?.reservedBy !== null && task?.reservedBy !== agentId && (task?.reservedUntil ?? 0) >= work.now
  if (task?.phase !== 'queued' || others || !work.tryLock(cell)) return false
  work.write(cell, { ...task, reservedBy: agentId, reservedUntil: work.now + reservationMs })
  return true
}

function take(database: MemoryDatabase, work: Work, request: ClaimQuery, cell: Cell<TaskRow>): ClaimedTask {
  work.tryLock(cell)
  const task = required(work.read(cell), 'task', '')
  const attemptId = database.newId()
  const taken: TaskRow = {
    ...task,
    phase: 'running',
    attempts: task.attempts + 1,
    epoch: task.epoch + 1,
    attemptId,
    reservedBy: null,
    reservedUntil: 0,
  }
  work.write(cell, taken)
  const attempt = work.insert<AttemptRow>('attempts', database.attempts, attemptId, {
    id: attemptId,
    taskId: task.id,
    number: taken.attempts,
    epoch: taken.epoch,
    agentId: request.agentId,
    phase: 'claimed',
    result: null,
    acknowledged: 0,
    claimedAt: work.now,
    leaseExpiresAt: work.now + request.leaseMs,
    grantedAt: null,
  })
  database.open.add(attempt)
  return {
    attemptId,
    epoch: taken.epoch,
    cpus: Math.min(task.cpus, request.machine.cpus),
    memoryMb: Math.min(task.memoryMb, request.machine.memoryMb),
    jobName: required(work.read(database.jobs.get(task.jobId)), 'job', task.jobId).name,
  }
}

/** Who took what, and how long it had waited. */
function recordClaim(database: MemoryDatabase, work: Work, agentId: string, { attemptId }: ClaimedTask): void {
  const attempt = required(work.read(database.attempts.get(attemptId)), 'attempt', attemptId)
  const task = required(work.read(database.tasks.get(attempt.taskId)), 'task', attempt.taskId)
  const { organizationId, projectId, pipelineId, workflowId, jobId } = identify(database, work, attempt, task)
  const agent = [...database.agents].find(([, id]) => id === agentId)?.[0] ?? ''
  work.append({
    kind: 'task.claimed',
    organizationId,
    projectId,
    pipelineId,
    workflowId,
    jobId,
    data: { slice: task.index, attempt: task.attempts, agent, waitedMs: Math.round(work.now - task.queuedAt) },
  })
}
