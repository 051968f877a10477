import {
  type ChoreKind,
  type EngineTransaction,
  type GivenLock,
  isBlocked,
  type LockEntry,
  type LockPlace,
  type ReleasedLock,
} from '@rondo/model'
import { Cell, type MemoryDatabase, type Work } from './memory-database.ts'
import { type Effect, required } from './memory-identity.ts'
import type { ChoreRow, LimitRow, LockRow } from './memory-rows.ts'

type LockWrites = Pick<
  EngineTransaction,
  | 'requestLock'
  | 'lockHolder'
  | 'releaseLocks'
  | 'addChore'
  | 'takeChore'
  | 'takeChores'
  | 'openWorkflows'
  | 'redundantWorkflows'
  | 'rerunCount'
>

/** Writes of lock queues and chores in memory. */
export function memoryLockWrites(database: MemoryDatabase, work: Work, effect: Effect): LockWrites {
  async function holdQueues(organizationId: string): Promise<void> {
    await effect('hold the limits')
    await work.share(database.limitTable)
    await effect('hold the lock queues')
    const cell = database.lockQueues.get(organizationId) ?? new Cell<true>('lock queues')
    database.lockQueues.set(organizationId, cell)
    await work.lock(cell)
  }

  async function addChore(kind: ChoreKind, subjectId: string): Promise<void> {
    await effect('add a chore')
    insertChore(database, work, kind, subjectId)
  }

  async function takeChore(id: number): Promise<boolean> {
    const cell = database.chores.get(String(id))
    if (cell === undefined || (await work.lock(cell)) === undefined) return false
    work.remove(cell)
    return true
  }

  return {
    addChore,
    async requestLock({ workflow, organizationId }, { jobId, key }) {
      await holdQueues(organizationId)
      await effect('ask for a lock')
      const queue = queueOf(database, work, { organizationId, key })
      const own = queue.find((row) => row.jobId === jobId)
      if (own !== undefined) return own.held ? 'held' : 'waiting'
      const { projectId, pipelineNumber } = workflow
      if (queue.some((row) => row.projectId === projectId && row.pipelineNumber > pipelineNumber)) return 'superseded'
      const blocked = isBlocked(limitsOf(database, work), { organizationId, projectId })
      const held = !blocked && !queue.some((row) => row.held)
      work.insert<LockRow>('locks', database.locks, jobId, {
        jobId,
        key,
        organizationId,
        projectId,
        pipelineNumber,
        workflowId: workflow.id,
        held,
        order: database.newNumber(),
        since: work.now,
      })
      if (held) return 'held'
      return blocked ? 'blocked' : 'waiting'
    },
    async lockHolder(organizationId, key) {
      await effect('look for the holder of a lock')
      const holder = queueOf(database, work, { organizationId, key }).find((row) => row.held)
      return holder === undefined ? undefined : placeOf(database, work, holder)
    },
    async releaseLocks(organizationId, jobIds) {
      await holdQueues(organizationId)
      await effect('release locks')
      const released: ReleasedLock[] = []
      const given: GivenLock[] = []
      for (const jobId of jobIds) {
        const cell = database.locks.get(jobId)
        const row = cell === undefined ? undefined : await work.lock(cell)
        if (cell === undefined || row === undefined) continue
        work.remove(cell)
        released.push({ jobId, key: row.key, held: row.held, place: placeOf(database, work, row) })
      }
      for (const { key } of released) {
        const next = await handLockOver(database, work, { organizationId, key })
        if (next !== undefined) given.push(next)
      }
      return { released, given }
    },
    async takeChore(id) {
      await effect('take a chore')
      return takeChore(id)
    },
    async takeChores(ids) {
      await effect('take chores')
      for (const id of ids.toSorted((a, b) => a - b)) await takeChore(id)
    },
    async openWorkflows(pipelineId) {
      await effect('look for open workflows')
      return [...database.workflows.values()]
        .flatMap((cell) => work.read(cell) ?? [])
        .filter((row) => row.pipelineId === pipelineId && row.stoppedAt === null)
        .map((row) => row.id)
        .sort()
    },
    async redundantWorkflows(pipelineId) {
      await effect('look for redundant workflows')
      const newer = required(work.read(database.pipelines.get(pipelineId)), 'pipeline', pipelineId)
      return [...database.workflows.values()]
        .flatMap((cell) => work.read(cell) ?? [])
        .filter((row) => {
          const older = work.read(database.pipelines.get(row.pipelineId))
          return (
            older !== undefined &&
            row.stoppedAt === null &&
            row.rerunOf === null &&
            older.projectId === newer.projectId &&
            older.number < newer.number &&
            older.git.branch !== null &&
            older.git.branch === newer.git.branch &&
            (older.trigger === 'webhook' || older.trigger === 'api')
          )
        })
        .map((row) => row.id)
        .sort()
    },
    async rerunCount(pipelineId) {
      await effect('count reruns')
      return [...database.workflows.values()]
        .flatMap((cell) => work.read(cell) ?? [])
        .filter((row) => row.pipelineId === pipelineId && row.rerunOf !== null).length
    },
  }
}

function queueOf(
  database: MemoryDatabase,
  work: Work,
  { organizationId, key }: Pick<LockRow, 'organizationId' | 'key'>,
): readonly LockRow[] {
  return [...database.locks.values()]
    .flatMap((cell) => work.read(cell) ?? [])
    .filter((row) => row.organizationId === organizationId && row.key === key)
    .sort((a, b) => a.order - b.order)
}

function limitsOf(database: MemoryDatabase, work: Work): readonly LimitRow[] {
  return [...database.limits.values()].flatMap((cell) => work.read(cell) ?? [])
}

function insertChore(database: MemoryDatabase, work: Work, kind: ChoreKind, subjectId: string): void {
  const id = database.newNumber()
  work.insert<ChoreRow>('chores', database.chores, String(id), { id, kind, subjectId, dueAt: work.now })
  work.notify('chores')
}

function placeOf(database: MemoryDatabase, work: Work, row: LockRow): LockPlace {
  const workflow = work.read(database.workflows.get(row.workflowId))
  return { projectSlug: row.projectId, pipelineNumber: row.pipelineNumber, workflowName: workflow?.name ?? '' }
}

/** All locks that nobody holds, to whom they can be given now. */
export async function handLocksOver(database: MemoryDatabase, work: Work): Promise<void> {
  const rows = [...database.locks.values()].flatMap((cell) => work.read(cell) ?? [])
  const queues = new Map(rows.map((row) => [`${row.organizationId}/${row.key}`, row]))
  for (const row of queues.values()) {
    const given = await handLockOver(database, work, row)
    if (given === undefined) continue
    const { key, waitedMs, jobId, workflowId, projectId } = given
    const because = 'nobody held it, and new work of its project is let go on'
    const pipelineId = work.read(database.workflows.get(workflowId))?.pipelineId ?? null
    const { organizationId } = row
    const scope = { organizationId, projectId, pipelineId, workflowId, jobId }
    work.append({ kind: 'lock.given', ...scope, data: { key, waitedMs, because } })
  }
}

async function handLockOver(
  database: MemoryDatabase,
  work: Work,
  lock: Pick<LockRow, 'organizationId' | 'key'>,
): Promise<GivenLock | undefined> {
  const queue = queueOf(database, work, lock)
  const limits = limitsOf(database, work)
  const first = queue.find((row) => !isBlocked(limits, row))
  if (first === undefined || queue.some((row) => row.held)) return undefined
  const next = required(database.locks.get(first.jobId), 'lock', first.jobId)
  await work.lock(next)
  work.write(next, { ...first, held: true, since: work.now })
  insertChore(database, work, 'advance', first.workflowId)
  const { jobId, key, workflowId, projectId, since } = first
  return { jobId, key, workflowId, projectId, waitedMs: work.now - since, place: placeOf(database, work, first) }
}

/** What the lock nodes of a workflow hold or wait for. */
export function lockEntriesOf(database: MemoryDatabase, work: Work, workflowId: string): readonly LockEntry[] {
  return [...database.locks.values()]
    .flatMap((cell) => work.read(cell) ?? [])
    .filter((row) => row.workflowId === workflowId)
    .sort((a, b) => a.order - b.order)
    .map(({ jobId, key, held }) => ({ jobId, key, held }))
}
