import type { BegunStep, EndedStep, EngineTransaction, FencedRef } from '@rondo/model'
import type { Cell, MemoryDatabase, Work } from './memory-database.ts'
import { type Effect, fenced, identify, required } from './memory-identity.ts'
import { servedSince } from './memory-instances.ts'
import type { AttemptRow, StepRow, TaskRow } from './memory-rows.ts'

type AttemptWrites = Pick<
  EngineTransaction,
  | 'fence'
  | 'grant'
  | 'lockExpired'
  | 'acknowledge'
  | 'startSteps'
  | 'finishSteps'
  | 'stepScope'
  | 'finishAttempts'
  | 'requeue'
  | 'retry'
>

/** Writes of attempts and their steps in memory. */
export function memoryAttemptWrites(database: MemoryDatabase, work: Work, effect: Effect): AttemptWrites {
  async function change<Row>(cell: Cell<Row>, update: (row: Row) => Row): Promise<void> {
    const row = await work.lock(cell)
    if (row !== undefined) work.write(cell, update(row))
  }

  async function startStep({ id, attemptId, index }: BegunStep): Promise<string> {
    const key = `${attemptId}/${index}`
    const known = database.steps.get(key)
    const row = known === undefined ? undefined : await work.lock(known)
    if (row !== undefined) return row.id
    const cell = work.insert<StepRow>('steps', database.steps, key, {
      id,
      attemptId,
      index,
      phase: 'running',
      result: null,
      outputBytes: 0,
    })
    const cells = database.stepsOfAttempt.get(attemptId) ?? []
    database.stepsOfAttempt.set(attemptId, cells)
    if (!cells.includes(cell)) cells.push(cell)
    return id
  }

  async function finishStep({ attemptId, index, result, outputBytes }: EndedStep): Promise<string | undefined> {
    const cell = database.steps.get(`${attemptId}/${index}`)
    if (cell === undefined) return undefined
    await change<StepRow>(cell, (row) => ({ ...row, phase: 'finished', result, outputBytes }))
    return work.read(cell)?.id
  }

  async function endOpenSteps(attemptId: string): Promise<readonly string[]> {
    await effect('finish open steps')
    const open: string[] = []
    for (const step of database.stepsOfAttempt.get(attemptId) ?? []) {
      const row = work.read(step)
      if (row?.phase !== 'running') continue
      open.push(row.id)
      await change<StepRow>(step, (found) => ({ ...found, phase: 'finished', result: 'canceled' }))
    }
    return open
  }

  async function endAsLost(ref: FencedRef, changed: Partial<TaskRow> = {}): Promise<void> {
    await effect('end an attempt as lost')
    const cell = database.attempts.get(ref.attemptId)
    const attempt = cell === undefined ? undefined : await work.lock(cell)
    if (cell === undefined || attempt === undefined || attempt.epoch !== ref.epoch) return
    work.write<AttemptRow>(cell, { ...attempt, phase: 'finished', result: 'lost' })
    await effect('queue a task again')
    await changeTask(attempt, (row) => ({
      ...row,
      ...changed,
      phase: row.stopReason === null ? 'queued' : 'finished',
      result: row.stopReason,
      attemptId: null,
    }))
    database.waiting.add(required(database.tasks.get(attempt.taskId), 'task', attempt.taskId))
    work.notify('queue')
  }

  /** Changes the task of an attempt that is still its newest. */
  async function changeTask(attempt: AttemptRow, update: (row: TaskRow) => TaskRow): Promise<void> {
    await change(required(database.tasks.get(attempt.taskId), 'task', attempt.taskId), (row) =>
      row.attemptId === attempt.id && row.epoch === attempt.epoch ? update(row) : row,
    )
  }

  return {
    async fence(agentId, ref) {
      await effect('fence an attempt')
      const cell = database.attempts.get(ref.attemptId)
      if (cell !== undefined) await work.lock(cell)
      return fenced(database, work, agentId, ref)
    },
    async grant(refs) {
      await effect('grant starts')
      const granted = new Set<string>()
      for (const ref of refs) {
        const cell = database.attempts.get(ref.attemptId)
        const attempt = cell === undefined ? undefined : await work.lock(cell)
        if (cell === undefined || attempt === undefined) continue
        const task = work.read(database.tasks.get(attempt.taskId))
        if (attempt.epoch !== ref.epoch || attempt.grantedAt !== null || attempt.phase !== 'claimed') continue
        if (task === undefined || task.stopReason !== null) continue
        work.write(cell, { ...attempt, phase: 'running', grantedAt: work.now })
        granted.add(attempt.id)
      }
      return granted
    },
    async lockExpired(ref, { role, awayAfterMs, forMs }) {
      await effect('hold an expired attempt')
      const cell = database.attempts.get(ref.attemptId)
      const attempt = cell === undefined ? undefined : await work.lock(cell)
      // By the clock of this moment, as in PostgreSQL.
      const served = servedSince(database, role, database.now - awayAfterMs)
      return (
        served !== undefined &&
        served <= database.now - forMs &&
        attempt !== undefined &&
        attempt.epoch === ref.epoch &&
        attempt.phase !== 'finished' &&
        attempt.leaseExpiresAt < work.now &&
        (attempt.grantedAt !== null) === ref.granted
      )
    },
    async acknowledge(attemptId, sequence, leaseMs) {
      await effect('acknowledge entries')
      await change(required(database.attempts.get(attemptId), 'attempt', attemptId), (row) => ({
        ...row,
        acknowledged: sequence,
        leaseExpiresAt: work.now + leaseMs,
      }))
    },
    async startSteps(steps) {
      await effect('start steps')
      const ids: string[] = []
      for (const step of steps) ids.push(await startStep(step))
      return ids
    },
    async finishSteps(steps) {
      await effect('finish steps')
      const ids: (string | undefined)[] = []
      for (const step of steps) ids.push(await finishStep(step))
      return ids
    },
    async stepScope(stepId) {
      await effect('find what a step belongs to')
      const step = [...database.steps.values()]
        .flatMap((cell) => work.read(cell) ?? [])
        .find((row) => row.id === stepId)
      const attempt = step === undefined ? undefined : work.read(database.attempts.get(step.attemptId))
      const task = attempt === undefined ? undefined : work.read(database.tasks.get(attempt.taskId))
      if (attempt === undefined || task === undefined) return undefined
      const { organizationId, projectId, pipelineId, workflowId, jobId } = identify(database, work, attempt, task)
      return { organizationId, projectId, pipelineId, workflowId, jobId }
    },
    async finishAttempts(ends) {
      await effect('finish attempts')
      const left = new Map<string, readonly string[]>()
      for (const { attemptId, epoch, result } of ends) {
        const cell = database.attempts.get(attemptId)
        const attempt = cell === undefined ? undefined : await work.lock(cell)
        if (cell === undefined || attempt === undefined) continue
        if (attempt.epoch !== epoch || attempt.phase === 'finished') continue
        work.write<AttemptRow>(cell, { ...attempt, phase: 'finished', result })
        await changeTask(attempt, (row) => ({ ...row, phase: 'finished', result }))
        left.set(attemptId, await endOpenSteps(attemptId))
      }
      return left
    },
    async requeue(ref) {
      await endAsLost(ref)
    },
    async retry(ref) {
      const attempt = work.read(database.attempts.get(ref.attemptId))
      if (attempt === undefined || attempt.epoch !== ref.epoch) return []
      const task = required(work.read(database.tasks.get(attempt.taskId)), 'task', attempt.taskId)
      await effect('remove what a slice left')
      for (const cell of database.leftByJob.get(task.jobId) ?? []) {
        const row = work.read(cell)
        if (row === undefined || row.kind === 'image' || row.kind === 'ssh' || row.slice !== task.index) continue
        if ((await work.lock(cell)) !== undefined) work.remove(cell)
      }
      const open = await endOpenSteps(ref.attemptId)
      await endAsLost(ref, { queuedAt: work.now })
      return open
    },
  }
}
