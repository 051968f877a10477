import {
  type EngineTransaction,
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type Job,
  type Task,
  type WorkflowHead,
} from '@rondo/model'
import { memoryAttemptWrites } from './memory-attempts.ts'
import { type Cell, type MemoryDatabase, unavailable, type Work } from './memory-database.ts'
import { contextNames, type Effect, fenced, required } from './memory-identity.ts'
import { lockEntriesOf, memoryLockWrites } from './memory-locks.ts'
import { memoryPipelineWrites } from './memory-pipelines.ts'
import { memoryRequestKeys } from './memory-request-keys.ts'
import { insertRequirements, settleRequirements } from './memory-requirements.ts'
import { type JobRow, type LeftRow, type TaskRow, type WorkflowRow, withoutPlan } from './memory-rows.ts'
import { memoryScheduleWrites } from './memory-schedules.ts'

/**
 * As on one connection: what is sent before the answer to what went ahead of it is carried out after that, and fails with
 * it.
 */
function inOrder(tx: EngineTransaction): EngineTransaction {
  let last: Promise<unknown> = Promise.resolve()
  let open = 0
  const answered = () => {
    open--
  }
  const ordered = Object.entries(tx).map(([name, statement]) => [
    name,
    (...parts: readonly never[]) => {
      const send = (): Promise<unknown> => (statement as (...given: readonly never[]) => Promise<unknown>)(...parts)
      const answer = open === 0 ? send() : last.then(send)
      last = answer
      open++
      answer.then(answered, answered)
      return answer
    },
  ])
  return Object.fromEntries(ordered)
}

/** Writes of one transaction in memory; each statement of the real store is one step between two effects here. */
export function createMemoryTransaction(database: MemoryDatabase, work: Work, before: Effect): EngineTransaction {
  function effect(what: string): Promise<void> | void {
    const waited = before(what)
    if (waited !== undefined) return waited.then(requireOpen)
    requireOpen()
  }
  function requireOpen(): void {
    if (work.over) throw unavailable()
  }
  const date = () => new Date(work.now)
  const jobCell = (id: string) => required(database.jobs.get(id), 'job', id)

  async function change<Row>(cell: Cell<Row>, update: (row: Row) => Row): Promise<void> {
    const row = await work.lock(cell)
    if (row !== undefined) work.write(cell, update(row))
  }

  function leave(jobId: string, row: LeftRow): void {
    const cells = database.leftByJob.get(jobId) ?? []
    database.leftByJob.set(jobId, cells)
    cells.push(work.insert('left', database.left, database.newId(), row))
  }

  async function numberJob(jobId: string): Promise<void> {
    const job = await work.lock(jobCell(jobId))
    if (job === undefined || job.number !== null) return
    const project = required(database.projects.get(job.projectId), 'project', job.projectId)
    await change(project, (row) => ({ ...row, buildNumber: row.buildNumber + 1 }))
    work.write(jobCell(jobId), { ...job, number: work.read(project)!.buildNumber })
  }

  return inOrder({
    ...memoryPipelineWrites(database, work, effect),
    ...memoryLockWrites(database, work, effect),
    ...memoryAttemptWrites(database, work, effect),
    ...memoryScheduleWrites(database, work, effect),
    ...memoryRequestKeys(database, work, effect),
    async createWorkflow({ jobs, setup, ...workflow }) {
      await effect('create a workflow')
      const id = database.newId()
      // The key that names the pipeline shares its row until the commit.
      const shared = required(database.pipelines.get(workflow.pipelineId), 'pipeline', workflow.pipelineId)
      const pipeline = required(await work.lock(shared), 'pipeline', workflow.pipelineId)
      work.insert<WorkflowRow>('workflows', database.workflows, id, {
        ...workflow,
        id,
        setup: setup ?? false,
        maxAutoReruns: workflow.maxAutoReruns ?? 0,
        autoRerunNumber: workflow.autoRerunNumber ?? 0,
        pipelineNumber: pipeline.number,
        workspaceId: workflow.workspaceId ?? id,
        canceledBy: null,
        erroredBy: null,
        createdAt: date(),
        stoppedAt: isFinalWorkflowStatus(workflow.status) ? date() : null,
      })
      const cells = jobs.map((job) =>
        work.insert<JobRow>('jobs', database.jobs, job.id, {
          ...job,
          number: null,
          workflowId: id,
          projectId: workflow.projectId,
          message: null,
          approvedBy: null,
          canceledBy: null,
          createdAt: date(),
          queuedAt: null,
          startedAt: null,
          stoppedAt: job.keptFrom === null ? null : date(),
        }),
      )
      database.jobsOfWorkflow.set(id, cells)
      insertRequirements(database, work, jobs)
      return (await hold(id))!
    },
    async holdWorkflow(id) {
      await effect('hold a workflow')
      return hold(id)
    },
    async holdAttempt(agentId, ref) {
      await effect('hold the workflow of an attempt')
      const held = work.read(database.attempts.get(ref.attemptId))
      const { jobId } = work.read(database.tasks.get(held?.taskId ?? '')) ?? {}
      const found = work.read(database.jobs.get(jobId ?? ''))
      const head = found === undefined ? undefined : await hold(found.workflowId)
      await effect('fence an attempt')
      const cell = database.attempts.get(ref.attemptId)
      if (cell !== undefined) await work.lock(cell)
      const identity = fenced(database, work, agentId, ref)
      await effect('read a job with its tasks')
      return { head: head!, identity, ...jobWithTasks(identity.jobId)! }
    },
    async tryAttempts(refs) {
      await effect('hold the workflows of attempts')
      const heads = new Map<string, WorkflowHead | undefined>()
      for (const ref of refs) {
        const task = work.read(database.tasks.get(work.read(database.attempts.get(ref.attemptId))?.taskId ?? ''))
        const { workflowId } = work.read(database.jobs.get(task?.jobId ?? '')) ?? {}
        const cell = database.workflows.get(workflowId ?? '')
        if (cell !== undefined && work.tryLock(cell)) heads.set(cell.committed!.id, await hold(cell.committed!.id))
      }
      await effect('fence attempts')
      const identities = refs.map((ref) => {
        const cell = database.attempts.get(ref.attemptId)
        if (cell === undefined || !work.tryLock(cell)) return undefined
        try {
          return fenced(database, work, ref.agentId, ref)
        } catch {
          return undefined
        }
      })
      await effect('read jobs with their tasks')
      return identities.map((identity) => {
        const head = heads.get(identity?.workflowId ?? '')
        return identity && head && { head, identity, ...jobWithTasks(identity.jobId)! }
      })
    },
    async lockWorkflow(id) {
      await effect('lock a workflow')
      const head = await hold(id)
      if (head === undefined) return undefined
      const cells = database.jobsOfWorkflow.get(id) ?? []
      const tasks = cells.flatMap((job) => tasksOf(job).map(toTask))
      tasks.sort((a, b) => a.index - b.index)
      return { ...head, jobs: visible(cells).map(withoutPlan), tasks, locks: lockEntriesOf(database, work, id) }
    },
    async plansOf(workflowId) {
      await effect('read the plans of a workflow')
      return new Map(visible(database.jobsOfWorkflow.get(workflowId) ?? []).map((job) => [job.id, job.plan]))
    },
    async jobWithTasks(jobId) {
      await effect('read a job with its tasks')
      return jobWithTasks(jobId)
    },
    async settle(ended) {
      if (ended.length === 0) return []
      await effect('settle requirements')
      return settleRequirements(database, work, ended)
    },
    async statusesOf(workflowIds) {
      await effect('read the statuses of workflows')
      const statuses = (id: string) => new Set(visible(database.jobsOfWorkflow.get(id) ?? []).map((job) => job.status))
      return new Map(workflowIds.map((id) => [id, [...statuses(id)]]))
    },
    async workflowOfJob(jobId) {
      await effect('find the workflow of a job')
      return work.read(database.jobs.get(jobId))?.workflowId
    },
    async saveJob({ id, status, ...people }) {
      await effect(`save a job as ${status}`)
      const cell = database.jobs.get(id)
      if (cell === undefined) return
      await change(cell, (row) => ({
        ...row,
        status,
        message: people.message ?? row.message,
        approvedBy: people.approvedBy ?? row.approvedBy,
        canceledBy: people.canceledBy ?? row.canceledBy,
        queuedAt: ['queued', 'not_running', 'on_hold'].includes(status) ? (row.queuedAt ?? date()) : row.queuedAt,
        startedAt: status === 'running' ? (row.startedAt ?? date()) : row.startedAt,
        stoppedAt: isFinalJobStatus(status) ? (row.stoppedAt ?? date()) : row.stoppedAt,
      }))
    },
    async saveWorkflow(id, status, canceledBy) {
      await effect(`save a workflow as ${status}`)
      await change(required(database.workflows.get(id), 'workflow', id), (row) => ({
        ...row,
        status,
        canceledBy: canceledBy ?? row.canceledBy,
        stoppedAt: isFinalWorkflowStatus(status) ? (row.stoppedAt ?? date()) : null,
      }))
    },
    async numberJob(job) {
      await effect('number a job')
      await numberJob(job.id)
    },
    async enqueue(job, executor, resources) {
      await effect('number a job')
      await numberJob(job.id)
      await effect('queue the slices of a job')
      const known = new Set(tasksOf(jobCell(job.id)).map((cell) => cell.committed?.index ?? cell.pending?.index))
      const cells = database.tasksOfJob.get(job.id) ?? []
      database.tasksOfJob.set(job.id, cells)
      const { projectId, resourceClass, plan } = required(work.read(jobCell(job.id)), 'job', job.id)
      const { organizationId } = required(work.read(database.projects.get(projectId)), 'project', projectId)
      const slices = Array.from({ length: job.parallelism }, (_, index) => index)
      const waitsForOthers = plan?.steps.some((step) => step.type === 'run' && step.deploy === true)
      for (const index of waitsForOthers ? [...slices.slice(1), 0] : slices) {
        if (known.has(index)) continue
        const id = database.newId()
        const cell = work.insert<TaskRow>('tasks', database.tasks, id, {
          id,
          jobId: job.id,
          index,
          phase: 'queued',
          result: null,
          executor,
          ...resources,
          attemptId: null,
          attempts: 0,
          epoch: 0,
          stopReason: null,
          queuedAt: work.now,
          organizationId,
          projectId,
          resourceClass: resourceClass ?? 'medium',
          promotedAt: null,
          reservedBy: null,
          reservedUntil: 0,
        })
        cells.push(cell)
        database.waiting.add(cell)
      }
      work.notify('queue')
    },
    async stopTasks(jobId, reason) {
      await effect('end the queued tasks of a job')
      const cells = database.tasksOfJob.get(jobId) ?? []
      for (const cell of cells) {
        if (work.read(cell)?.phase !== 'queued') continue
        await change<TaskRow>(cell, (row) =>
          row.phase === 'queued' ? { ...row, phase: 'finished', result: reason } : row,
        )
      }
      await effect('ask the running tasks of a job to stop')
      for (const cell of cells) {
        if (work.read(cell)?.phase !== 'running') continue
        await change(cell, (row) =>
          row.phase === 'running' && row.stopReason === null ? { ...row, stopReason: reason } : row,
        )
      }
      work.notify('stop')
      work.notify('queue')
    },
    async contextNames(organizationId) {
      await effect('read the contexts')
      return contextNames(database, organizationId)
    },
    async saveCache({ projectId, source }, key, object) {
      await effect('save a cache')
      const known = database.caches.get(`${projectId}/${source}/${key}`)
      if (known !== undefined && (await work.lock(known)) !== undefined) return false
      const row = { projectId, source, key, object, createdAt: work.now, order: database.newId() }
      work.insert('caches', database.caches, `${projectId}/${source}/${key}`, row)
      return true
    },
    async takenWorkspaces(projectId, jobIds) {
      await effect('look for workspaces that retention took')
      await work.lock(required(database.projects.get(projectId), 'project', projectId))
      return jobIds.filter((id) => work.read(database.takenWorkspaces.get(id)) !== undefined)
    },
    async openSsh(jobId, userId) {
      await effect('open a job over SSH')
      leave(jobId, { kind: 'ssh', userId })
    },
    async addLayer(jobId, slice, object) {
      await effect('add a layer')
      const job = work.read(database.jobs.get(jobId))
      if (job !== undefined && job.stoppedAt !== null)
        await work.lock(required(database.projects.get(job.projectId), 'project', job.projectId))
      if (work.read(database.takenWorkspaces.get(jobId)) === undefined) leave(jobId, { kind: 'layer', slice, object })
    },
    async addArtifact(jobId, nodeIndex, path, object) {
      await effect('add an artifact')
      leave(jobId, { kind: 'artifact', slice: nodeIndex, path: `${nodeIndex}/${path}`, object })
    },
    async addImage(jobId, nodeIndex, image) {
      await effect('add an image')
      leave(jobId, { kind: 'image', slice: nodeIndex, image })
    },
    async addTests(jobId, slice, tests) {
      await effect('add tests')
      leave(jobId, { kind: 'tests', slice, tests })
    },
    async append(event) {
      await effect(`append ${event.kind}`)
      const workflow = work.read(database.workflows.get(event.workflowId ?? ''))
      const project = work.read(database.projects.get(event.projectId ?? ''))
      work.append({
        ...event,
        organizationId: event.organizationId ?? project?.organizationId ?? null,
        pipelineId: event.pipelineId ?? workflow?.pipelineId ?? null,
      })
    },
    async notify(topic) {
      await effect(`notify ${topic}`)
      work.notify(topic)
    },
  })

  async function hold(id: string): Promise<WorkflowHead | undefined> {
    const cell = database.workflows.get(id)
    const workflow = cell === undefined ? undefined : await work.lock(cell)
    if (workflow === undefined) return undefined
    const project = required(work.read(database.projects.get(workflow.projectId)), 'project', workflow.projectId)
    const pipeline = work.read(database.pipelines.get(workflow.pipelineId))
    if (pipeline === undefined) return undefined
    return {
      workflow,
      organizationId: project.organizationId,
      pipelineAgeMs: work.now - pipeline.createdAt.getTime(),
      hasLocks: visible(database.jobsOfWorkflow.get(id) ?? []).some((job) => job.lockKey !== null),
    }
  }

  function jobWithTasks(jobId: string): { job: Job; tasks: readonly Task[] } | undefined {
    const cell = database.jobs.get(jobId)
    const job = work.read(cell)
    if (cell === undefined || job === undefined) return undefined
    const tasks = tasksOf(cell).map(toTask)
    tasks.sort((a, b) => a.index - b.index)
    return { job: withoutPlan(job), tasks }
  }

  function visible<Row>(cells: readonly Cell<Row>[]): readonly Row[] {
    return cells.flatMap((cell) => {
      const row = work.read(cell)
      return row === undefined ? [] : [row]
    })
  }

  function tasksOf(job: Cell<JobRow>): readonly Cell<TaskRow>[] {
    const id = work.read(job)?.id
    return (id === undefined ? [] : (database.tasksOfJob.get(id) ?? [])).filter((cell) => work.read(cell) !== undefined)
  }

  function toTask(cell: Cell<TaskRow>): Task {
    const { id, jobId, index, phase, result, attemptId, attempts } = work.read(cell)!
    return { id, jobId, index, phase, result, attemptId, attempts }
  }
}
