import { isFinalWorkflowStatus, type RetentionStore } from '@rondo/model'
import type { Cell, MemoryDatabase, Work } from './memory-database.ts'
import type { JobRow, PipelineRow, WorkflowRow } from './memory-rows.ts'
import type { Statements } from './memory-statements.ts'

const dayMs = 24 * 3_600_000

/** A condition that is left out, for a bug that is planted on purpose. */
export type RetentionFault = 'young' | 'running' | 'newest' | 'needed' | 'jobs first' | 'rows left' | 'not finished'

/** What retention takes, in memory: pipelines and workspaces. Nothing else that it takes is needed by anything here. */
export function createMemoryRetention(
  database: MemoryDatabase,
  { within, look }: Statements,
  faults: readonly RetentionFault[] = [],
): Omit<RetentionStore, 'count'> {
  const view: View = { database, faults: new Set(faults) }
  return {
    projectsAfter: (id, limit) =>
      look('look for projects', () =>
        [...database.projects.keys()]
          .sort()
          .filter((projectId) => id === null || projectId > id)
          .slice(0, limit)
          .map((projectId) => ({ id: projectId, slug: projectId })),
      ),
    expire: (projectId, kind, days, limit) =>
      within('take old workspaces', async (work) => {
        if (kind !== 'workspaces') return { count: 0, bytes: 0, more: false }
        await work.lock(database.projects.get(projectId)!)
        const due = oldWorkspaces(view, work, projectId, days).slice(0, limit)
        for (const job of due) {
          work.insert('taken workspaces', database.takenWorkspaces, job.id, { jobId: job.id })
          for (const cell of database.leftByJob.get(job.id) ?? [])
            if ((await work.lock(cell))?.kind === 'layer') work.remove(cell)
        }
        return { count: due.length, bytes: 0, more: due.length === limit }
      }),
    oldOutput: async () => ({ jobIds: [], stepIds: [], lostAttempts: [] }),
    forgetOutput: (stepIds) =>
      within('note that output is gone', async (work) => {
        for (const cell of database.steps.values()) {
          const step = work.read(cell)
          if (step === undefined || !stepIds.includes(step.id)) continue
          const row = await work.lock(cell)
          if (row !== undefined) work.write(cell, { ...row, outputExpired: true })
        }
      }),
    oldPipeline: (projectId, days, limit) =>
      look('look for an old pipeline', (work) => {
        const retired = [...database.retired.values()].flatMap((cell) => work.read(cell) ?? [])
        const begun = retired.find((row) => row.projectId === projectId)
        if (begun !== undefined && !view.faults.has('not finished'))
          return { id: begun.id, stepIds: [], lostAttempts: [] }
        const [oldest] = oldOnes(view, work, projectId, days)
        return (
          oldest && { id: oldest.id, stepIds: outputOf(database, work, oldest.id).slice(0, limit), lostAttempts: [] }
        )
      }),
    dropPipeline: (id, limit) =>
      within('take a part of a pipeline', async (work) => {
        const cell = database.retired.get(id)
        const retired = cell === undefined ? undefined : await work.lock(cell)
        if (retired === undefined && !view.faults.has('jobs first')) return !(await retire(view, work, id))
        return clearAway(view, work, id, limit)
      }),
    referenced: async () => new Set(),
    cursor: (name) => look('read a cursor', () => database.cursors.get(name) ?? null),
    saveCursor: (name, value) =>
      look('write a cursor', () => {
        if (value === null) database.cursors.delete(name)
        else database.cursors.set(name, value)
      }),
  }
}

interface View {
  readonly database: MemoryDatabase
  readonly faults: ReadonlySet<RetentionFault>
}

function workflowsOf(database: MemoryDatabase, work: Work, pipelineId: string): readonly Cell<WorkflowRow>[] {
  return [...database.workflows.values()].filter((cell) => work.read(cell)?.pipelineId === pipelineId)
}

function jobsOf(database: MemoryDatabase, work: Work, pipelineId: string): readonly Cell<JobRow>[] {
  return workflowsOf(database, work, pipelineId).flatMap((cell) => {
    const jobs = database.jobsOfWorkflow.get(work.read(cell)!.id) ?? []
    return jobs.filter((job) => work.read(job) !== undefined)
  })
}

function removable({ database, faults }: View, work: Work, pipeline: PipelineRow): boolean {
  const older = [...database.pipelines.values()].some((cell) => {
    const other = work.read(cell)
    return other?.projectId === pipeline.projectId && other.number > pipeline.number
  })
  const ended = workflowsOf(database, work, pipeline.id).every((cell) => work.read(cell)!.stoppedAt !== null)
  const tasks = jobsOf(database, work, pipeline.id).flatMap((job) => database.tasksOfJob.get(work.read(job)!.id) ?? [])
  const atRest =
    ended &&
    pipeline.state !== 'pending' &&
    tasks.every((task) => (work.read(task)?.phase ?? 'finished') === 'finished')
  return (older || faults.has('newest')) && (atRest || faults.has('running'))
}

function oldOnes(view: View, work: Work, projectId: string, days: number): readonly PipelineRow[] {
  const { database, faults } = view
  const before = work.now - (faults.has('young') ? 0 : days * dayMs)
  return [...database.pipelines.values()]
    .flatMap((cell) => work.read(cell) ?? [])
    .filter((row) => row.projectId === projectId && row.createdAt.getTime() < before)
    .filter((row) => removable(view, work, row))
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
}

/** Steps of a pipeline whose output was not taken yet. */
function outputOf(database: MemoryDatabase, work: Work, pipelineId: string): readonly string[] {
  const tasks = new Set(
    jobsOf(database, work, pipelineId).flatMap((job) =>
      (database.tasksOfJob.get(work.read(job)!.id) ?? []).flatMap((task) => work.read(task)?.id ?? []),
    ),
  )
  return [...database.attempts.values()]
    .flatMap((cell) => work.read(cell) ?? [])
    .filter((attempt) => tasks.has(attempt.taskId))
    .flatMap((attempt) => database.stepsOfAttempt.get(attempt.id) ?? [])
    .flatMap((cell) => work.read(cell) ?? [])
    .filter((step) => step.outputExpired !== true)
    .map((step) => step.id)
}

function oldWorkspaces({ database, faults }: View, work: Work, projectId: string, days: number): readonly JobRow[] {
  const needed = new Set<string>()
  for (const cell of database.workflows.values()) {
    const workflow = work.read(cell)
    if (workflow === undefined || isFinalWorkflowStatus(workflow.status) || faults.has('needed')) continue
    for (const job of database.jobsOfWorkflow.get(workflow.id) ?? []) {
      const row = work.read(job)
      if (row !== undefined) needed.add(row.keptFrom ?? row.id)
    }
  }
  return [...database.jobs.values()]
    .flatMap((cell) => work.read(cell) ?? [])
    .filter((job) => job.projectId === projectId && job.number !== null && job.stoppedAt !== null)
    .filter((job) => job.stoppedAt!.getTime() < work.now - days * dayMs && !needed.has(job.id))
    .filter((job) => work.read(database.takenWorkspaces.get(job.id)) === undefined)
}

/** False: it stays, as in the real store. */
async function retire(view: View, work: Work, id: string): Promise<boolean> {
  const { database } = view
  for (const cell of workflowsOf(database, work, id)) await work.lock(cell)
  const cell = database.pipelines.get(id)
  const pipeline = cell === undefined ? undefined : await work.lock(cell)
  if (cell === undefined || pipeline === undefined || !removable(view, work, pipeline)) return false
  if (outputOf(database, work, id).length > 0 && !view.faults.has('running')) return false
  work.insert('retired', database.retired, id, { id, projectId: pipeline.projectId })
  for (const workflow of workflowsOf(database, work, id)) {
    const row = await work.lock(workflow)
    if (row !== undefined) work.write(workflow, { ...row, retired: true })
  }
  work.remove(cell)
  return true
}

async function clearAway(view: View, work: Work, id: string, limit: number): Promise<boolean> {
  const { database } = view
  const jobs = jobsOf(database, work, id).slice(0, limit)
  for (const cell of jobs) await removeJob(view, work, cell)
  if (jobs.length > 0) return view.faults.has('not finished')
  for (const cell of workflowsOf(database, work, id)) if ((await work.lock(cell)) !== undefined) work.remove(cell)
  const retired = database.retired.get(id)
  if (retired !== undefined && (await work.lock(retired)) !== undefined) work.remove(retired)
  return true
}

async function removeJob({ database, faults }: View, work: Work, cell: Cell<JobRow>): Promise<void> {
  const job = await work.lock(cell)
  if (job === undefined) return
  const remove = async (cells: readonly Cell<unknown>[]) => {
    for (const one of cells) if ((await work.lock(one)) !== undefined) work.remove(one)
  }
  const tasks = database.tasksOfJob.get(job.id) ?? []
  const taskIds = tasks.flatMap((task) => work.read(task)?.id ?? [])
  for (const attempt of database.attempts.values()) {
    const row = work.read(attempt)
    if (row === undefined || !taskIds.includes(row.taskId)) continue
    await remove(database.stepsOfAttempt.get(row.id) ?? [])
    await remove([attempt])
  }
  await remove(tasks)
  if (!faults.has('rows left')) await remove(database.leftByJob.get(job.id) ?? [])
  work.remove(cell)
}
