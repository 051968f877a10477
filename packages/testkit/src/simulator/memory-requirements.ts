import { type EndedJob, isFinalJobStatus, type NewJob, type Refusal, type SettledJob } from '@rondo/model'
import type { Cell, MemoryDatabase, Work } from './memory-database.ts'
import { type RequirementRow, withoutPlan } from './memory-rows.ts'

/** What the jobs of a new workflow wait for. */
export function insertRequirements(database: MemoryDatabase, work: Work, jobs: readonly NewJob[]): void {
  const byName = new Map(jobs.map((job) => [job.name, job]))
  for (const job of jobs)
    for (const { node, statuses } of job.requires) {
      const required = byName.get(node)
      if (required === undefined || isFinalJobStatus(required.status)) continue
      const cell = work.insert('requirements', database.requirements, database.newId(), {
        requiredId: required.id,
        jobId: job.id,
        statuses,
      })
      add(database.requirementsOn, required.id, cell)
      add(database.requirementsOf, job.id, cell)
    }
}

/** Nobody waits for these jobs any longer; answers the blocked jobs that may move. */
export async function settleRequirements(
  database: MemoryDatabase,
  work: Work,
  ended: readonly EndedJob[],
): Promise<readonly SettledJob[]> {
  const refusals = new Map<string, Refusal | null>()
  for (const { jobId, as } of ended)
    for (const cell of database.requirementsOn.get(jobId) ?? []) {
      const row = await work.lock(cell)
      if (row === undefined) continue
      work.remove(cell)
      const node = work.read(database.jobs.get(jobId))?.name ?? '?'
      const refusal = row.statuses.includes(as) ? null : { node, ended: as }
      refusals.set(row.jobId, refusals.get(row.jobId) ?? refusal)
    }
  return [...refusals].flatMap(([id, refusal]) => {
    const job = work.read(database.jobs.get(id))
    const open = (database.requirementsOf.get(id) ?? []).some((cell) => work.read(cell) !== undefined)
    return job?.status === 'blocked' && (refusal !== null || !open) ? [{ job: withoutPlan(job), refusal }] : []
  })
}

function add(index: Map<string, Cell<RequirementRow>[]>, key: string, cell: Cell<RequirementRow>): void {
  const cells = index.get(key) ?? []
  index.set(key, cells)
  cells.push(cell)
}
