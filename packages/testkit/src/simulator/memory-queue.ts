import type { QueueFilter, QueueShare, RunQueue } from '@rondo/model'
import { Cell, type MemoryDatabase } from './memory-database.ts'
import { handLocksOver } from './memory-locks.ts'
import type { LimitRow, TaskRow } from './memory-rows.ts'
import type { Statements } from './memory-statements.ts'

export type MemoryQueue = Pick<RunQueue, 'matching' | 'promote' | 'setLimit' | 'limits'> & {
  /** The setting `queue.share`. */
  setShare(share: QueueShare): Promise<void>
}

/** What administrators do to the queue, in memory. */
export function createMemoryQueue(database: MemoryDatabase, { within, look }: Statements): MemoryQueue {
  return {
    limits: () => look('read limits', (work) => [...database.limits.values()].flatMap((cell) => work.read(cell) ?? [])),
    matching: (filter, limit) =>
      look('look for waiting jobs', (work) => {
        const jobIds = new Set<string>()
        for (const cell of database.waiting) {
          const task = work.read(cell)
          if (task?.phase === 'queued' && matches(task, filter, work.now)) jobIds.add(task.jobId)
        }
        const jobs = [...jobIds].flatMap((id) => work.read(database.jobs.get(id)) ?? [])
        const found = jobs.filter((job) => {
          const tasks = (database.tasksOfJob.get(job.id) ?? []).flatMap((cell) => work.read(cell) ?? [])
          const pipelineId = work.read(database.workflows.get(job.workflowId))?.pipelineId
          const branch = work.read(database.pipelines.get(pipelineId ?? ''))?.git.branch
          const onBranch = filter.branch === undefined || filter.branch === branch
          return onBranch && job.status === 'queued' && tasks.every((task) => task.phase === 'queued')
        })
        found.sort((a, b) => Number(a.queuedAt) - Number(b.queuedAt) || (a.id < b.id ? -1 : 1))
        return { jobs: found.length, jobIds: found.slice(0, limit).map((job) => job.id) }
      }),
    promote: (jobIds, actorId = null) =>
      within('promote tasks', async (work) => {
        let tasks = 0
        const told = new Set<string>()
        for (const cell of jobIds.flatMap((id) => database.tasksOfJob.get(id) ?? [])) {
          if (!isWaiting(work.read(cell))) continue
          const task = await work.lock(cell)
          if (task === undefined || !isWaiting(task)) continue
          // Each is its own time, as the clock of the real store has it, so that they keep their order.
          work.write(cell, { ...task, promotedAt: database.now + tasks++ / 1_000 })
          told.add(task.jobId)
        }
        for (const jobId of told) {
          const job = work.read(database.jobs.get(jobId))
          const workflow = work.read(database.workflows.get(job?.workflowId ?? ''))
          const project = work.read(database.projects.get(job?.projectId ?? ''))
          work.append({
            kind: 'task.promoted',
            organizationId: project?.organizationId ?? null,
            projectId: job?.projectId ?? null,
            pipelineId: workflow?.pipelineId ?? null,
            workflowId: workflow?.id ?? null,
            jobId,
            actorId,
            data: {},
          })
        }
        if (tasks > 0) work.notify('queue')
        return tasks
      }),
    setShare: (share) =>
      within('set a share', async (work) => {
        const key = [share.organizationId, share.projectId].join()
        const cell = database.shares.get(key) ?? new Cell<QueueShare>('shares')
        database.shares.set(key, cell)
        await work.lock(cell)
        work.write(cell, share)
      }),
    setLimit: ({ organizationId, projectId, resourceClass }, maxTasks) =>
      within('set a limit', async (work) => {
        await work.lock(database.limitTable)
        const key = [organizationId, projectId, resourceClass].join()
        const cell = database.limits.get(key) ?? new Cell<LimitRow>('limits')
        database.limits.set(key, cell)
        const before = await work.lock(cell)
        if (before === undefined && maxTasks === undefined) return
        if (maxTasks === undefined) work.remove(cell)
        else work.write(cell, { id: key, organizationId, projectId, resourceClass, maxTasks })
        work.append({
          kind: 'limit.changed',
          organizationId,
          projectId,
          data: { resourceClass, maxTasks: maxTasks ?? null, from: before?.maxTasks ?? null },
        })
        work.notify('queue')
        await handLocksOver(database, work)
      }),
  }
}

function isWaiting(task: TaskRow | undefined): boolean {
  return task?.phase === 'queued' && task.promotedAt === null
}

function matches(task: TaskRow, filter: QueueFilter, now: number): boolean {
  const { jobIds, organizationId, projectId, resourceClass, olderThanMs } = filter
  return (
    (jobIds === undefined || jobIds.includes(task.jobId)) &&
    (organizationId === undefined || organizationId === task.organizationId) &&
    (projectId === undefined || projectId === task.projectId) &&
    (resourceClass === undefined || resourceClass === task.resourceClass) &&
    (olderThanMs === undefined || task.queuedAt <= now - olderThanMs)
  )
}
