import {
  AppError,
  type ClaimedTask,
  type EngineStore,
  type Job,
  type QueueView,
  type RequestKey,
  type StopOrder,
} from '@rondo/model'
import { claimTasks } from './memory-claim.ts'
import { Cell, type MemoryDatabase, type Work } from './memory-database.ts'
import { contextNames, fenced, identify, required } from './memory-identity.ts'
import { agentSeen, agentThereMs, servedSince } from './memory-instances.ts'
import { overdueJobs } from './memory-overdue.ts'
import { pipelineInSetup } from './memory-pipelines.ts'
import { type AttemptRow, type ReservationRow, withoutPlan } from './memory-rows.ts'
import { type Connection, createStatements } from './memory-statements.ts'
import { createMemoryTransaction } from './memory-transaction.ts'

export interface MemoryEngineOptions extends Connection {
  /** What a claim is decided on, on its way there: a place for bugs. */
  readonly seen?: (view: QueueView) => QueueView
}

const sharedForMs = 5 * 60_000

/** The write side over the in-memory database, as one process sees it. */
export function createMemoryEngine(
  database: MemoryDatabase,
  { by, effect, seen = (view) => view }: MemoryEngineOptions,
): EngineStore {
  const { within, look } = createStatements(database, { by, effect })
  return {
    transact: (run) =>
      within('begin', async (work) => {
        const result = await run(createMemoryTransaction(database, work, effect))
        await effect('commit')
        return result
      }),
    reservePipeline: (projectId, once) =>
      within('reserve a pipeline', async (work) => {
        const shared = once && reservationOf(database, projectId, once)
        const before = shared && (await work.lock(shared))
        const project = required(database.projects.get(projectId), 'project', projectId)
        const row = required(await work.lock(project), 'project', projectId)
        const contexts = contextNames(database, row.organizationId)
        if (before !== undefined && before.at >= work.now - sharedForMs)
          return { id: before.id, number: before.number, contexts }
        const reserved = { id: database.newId(), number: row.pipelineNumber + 1 }
        work.write(project, { ...row, pipelineNumber: reserved.number })
        if (shared !== undefined) work.write(shared, { ...reserved, at: work.now })
        return { ...reserved, contexts }
      }),
    saveAgent: (agent) =>
      within('save an agent', () => {
        const id = database.agents.get(agent.name) ?? database.newId()
        database.agents.set(agent.name, id)
        agentSeen(database, id)
        return id
      }),
    claim: (request) => within('claim', (work) => claimTasks(database, work, request, { effect, seen })),
    waitingFor: (executors) =>
      look('look for what waits', (work) => {
        const waiting = new Set(
          [...database.waiting]
            .flatMap((cell) => work.read(cell) ?? [])
            .filter((row) => row.phase === 'queued')
            .map((row) => row.executor),
        )
        return executors.filter((executor) => waiting.has(executor))
      }),
    claimedUnknown: (agentId, known, terms) =>
      within('look for claims unknown to the agent', async (work) => {
        const found: ClaimedTask[] = []
        for (const { cell } of openAttempts(database, work)) {
          const attempt = await work.lock(cell)
          if (attempt === undefined || attempt.phase === 'finished' || attempt.agentId !== agentId) continue
          if (known.includes(attempt.id)) work.write(cell, { ...attempt, leaseExpiresAt: work.now + terms.leaseMs })
          if (attempt.phase !== 'claimed') continue
          const task = required(work.read(database.tasks.get(attempt.taskId)), 'task', attempt.taskId)
          if (task.attemptId !== attempt.id || known.includes(attempt.id)) continue
          work.write(cell, { ...attempt, leaseExpiresAt: work.now + terms.leaseMs })
          found.push({
            attemptId: attempt.id,
            epoch: attempt.epoch,
            cpus: Math.min(task.cpus, terms.machine.cpus),
            memoryMb: Math.min(task.memoryMb, terms.machine.memoryMb),
            jobName: required(work.read(database.jobs.get(task.jobId)), 'job', task.jobId).name,
          })
        }
        return found
      }),
    renew: (agentId, attempts, leaseMs) =>
      within('renew leases', async (work) => {
        const orders: StopOrder[] = []
        for (const ref of attempts) {
          const cell = database.attempts.get(ref.attemptId)
          const attempt = cell === undefined ? undefined : await work.lock(cell)
          const task = attempt === undefined ? undefined : work.read(database.tasks.get(attempt.taskId))
          const own =
            cell !== undefined &&
            attempt !== undefined &&
            task?.attemptId === attempt.id &&
            attempt.agentId === agentId &&
            attempt.phase !== 'finished'
          if (own) work.write(cell, { ...attempt, leaseExpiresAt: work.now + leaseMs })
          if (!own || attempt.epoch !== ref.epoch) orders.push({ attemptId: ref.attemptId, reason: 'gone' })
          else if (task.stopReason !== null) orders.push({ attemptId: ref.attemptId, reason: task.stopReason })
        }
        return orders
      }),
    expired: (limit) =>
      look('look for expired leases', (work) =>
        openAttempts(database, work)
          .filter(({ row }) => row.leaseExpiresAt < work.now)
          .sort((a, b) => a.row.leaseExpiresAt - b.row.leaseExpiresAt)
          .slice(0, limit)
          .map(({ row }) => ({
            attemptId: row.id,
            epoch: row.epoch,
            agentId: row.agentId,
            granted: row.grantedAt !== null,
            lateMs: Math.round(work.now - row.leaseExpiresAt),
            unspokenMs: agentThereMs(database, row.agentId, row.leaseExpiresAt),
            attempts: required(work.read(database.tasks.get(row.taskId)), 'task', row.taskId).attempts,
          })),
      ),
    refreshLeases: (leaseMs) =>
      within('refresh leases', async (work) => {
        for (const { cell } of openAttempts(database, work)) {
          const row = await work.lock(cell)
          if (row !== undefined && row.phase !== 'finished')
            work.write(cell, { ...row, leaseExpiresAt: work.now + leaseMs })
        }
      }),
    announce: ({ name, roles }, awayAfterMs) =>
      look('announce a process', (work) => {
        const row = database.instances.get(name)
        const away =
          row === undefined || row.seenAt < work.now - awayAfterMs || roles.some((role) => !row.roles.includes(role))
        database.instances.set(name, { roles, since: away ? work.now : row.since, seenAt: work.now })
      }),
    servedSince: (role, awayAfterMs) =>
      look('ask who is there', (work) => {
        const since = servedSince(database, role, work.now - awayAfterMs)
        return since === undefined ? undefined : new Date(since)
      }),
    check: (agentId, ref) => look('check an attempt', (work) => fenced(database, work, agentId, ref)),
    lastWord: (agentId, ref) =>
      look('look for the last word of an attempt', (work) => {
        const attempt = work.read(database.attempts.get(ref.attemptId))
        const own = attempt?.agentId === agentId && attempt.epoch === ref.epoch && attempt.phase === 'finished'
        return own ? attempt.acknowledged : undefined
      }),
    stepId: (attemptId, step) =>
      look('find a step', (work) => work.read(database.steps.get(`${attemptId}/${step}`))?.id),
    findCache: ({ projectId, source }, keys) =>
      look('find a cache', (work) => {
        for (const key of keys) {
          const found = [...database.caches.values()]
            .flatMap((cell) => work.read(cell) ?? [])
            .filter((row) => row.projectId === projectId && row.source === source && row.key.startsWith(key))
            .sort((a, b) => b.createdAt - a.createdAt)[0]
          if (found !== undefined) return { key: found.key, object: found.object, createdAt: new Date(found.createdAt) }
        }
        return undefined
      }),
    // The simulated world stores no test results.
    testTimings: () => look('read timings', () => []),
    hasCache: ({ projectId, source }, key) =>
      look('look for a cache', (work) => work.read(database.caches.get(`${projectId}/${source}/${key}`)) !== undefined),
    workspaceLayers: (jobIds) =>
      look('read layers', (work) =>
        jobIds.flatMap((id) => {
          const left = (database.leftByJob.get(id) ?? []).flatMap((cell) => work.read(cell) ?? [])
          const layers = left.filter((row) => row.kind === 'layer')
          return layers
            .toSorted((a, b) => a.slice - b.slice)
            .map((layer) => ({ ...layer.object, jobId: id, nodeIndex: layer.slice }))
        }),
      ),
    pendingPipelines: (limit) =>
      look('look for pending continuations', (work) =>
        [...database.pipelines.values()]
          .flatMap((cell) => work.read(cell) ?? [])
          .filter((row) => row.state === 'pending')
          .map((row) => row.id)
          .sort()
          .slice(0, limit),
      ),
    dueChores: (limit) =>
      look('look for chores', (work) =>
        [...database.chores.values()]
          .flatMap((cell) => work.read(cell) ?? [])
          .filter((row) => row.dueAt <= work.now)
          .sort((a, b) => a.dueAt - b.dueAt || a.id - b.id)
          .slice(0, limit),
      ),
    postponeChore: (id, afterMs) =>
      within('postpone a chore', async (work) => {
        const cell = database.chores.get(String(id))
        const row = cell === undefined ? undefined : await work.lock(cell)
        if (cell !== undefined && row !== undefined) work.write(cell, { ...row, dueAt: work.now + afterMs })
      }),
    overdue: (allowed, limit, exceptions) =>
      look('look for overdue jobs', (work) => overdueJobs(database, work, allowed, limit, exceptions)),
    mayRead: ({ projectId, source }, jobIds, digest) =>
      look('look for an object', (work) => {
        const caches = [...database.caches.values()].flatMap((cell) => work.read(cell) ?? [])
        const left = jobIds.flatMap((id) => database.leftByJob.get(id) ?? []).flatMap((cell) => work.read(cell) ?? [])
        return (
          caches.some((row) => row.projectId === projectId && row.source === source && row.object.digest === digest) ||
          left.some((row) => row.kind === 'layer' && row.object.digest === digest)
        )
      }),
    pipelineInSetup: (id) => look('read a pipeline', (work) => pipelineInSetup(database, work, id)),
    workflowJobs: (workflowId) =>
      look('read the jobs of a workflow', (work) =>
        (database.jobsOfWorkflow.get(workflowId) ?? []).flatMap((cell) => {
          const row = work.read(cell)
          return row === undefined ? [] : [withoutPlan(row)]
        }),
      ),
    attemptContext: (attemptId) =>
      look('read the context of an attempt', (work) => {
        const attempt = work.read(database.attempts.get(attemptId))
        if (attempt === undefined) throw new AppError('not-found', `There is no attempt ${attemptId}.`)
        const task = required(work.read(database.tasks.get(attempt.taskId)), 'task', attempt.taskId)
        const job = required(work.read(database.jobs.get(task.jobId)), 'job', task.jobId)
        const workflow = required(work.read(database.workflows.get(job.workflowId)), 'workflow', job.workflowId)
        const project = required(work.read(database.projects.get(job.projectId)), 'project', job.projectId)
        const inSetup = pipelineInSetup(database, work, workflow.pipelineId)
        if (inSetup === undefined) throw new AppError('not-found', `There is no attempt ${attemptId}.`)
        return {
          identity: identify(database, work, attempt, task),
          job,
          resources: { cpus: task.cpus, memoryMb: task.memoryMb },
          // Nobody reruns with what an image was in here.
          imageDigests: [],
          previousNumber: previousNumber(database, work, job),
          claimedAt: new Date(attempt.claimedAt),
          trustsForks: false,
          ssh: (database.leftByJob.get(job.id) ?? []).some((cell) => work.read(cell)?.kind === 'ssh'),
          workflow,
          pipeline: inSetup.pipeline,
          organizationId: project.organizationId,
          organizationName: database.organizations.get(project.organizationId) ?? '',
          actorLogin: null,
          projectName: project.name,
          open: attempt.phase !== 'finished' && task.attemptId === attempt.id,
        }
      }),
  }
}

/** The number of the newest job before this one on the same branch, among the hundred before it. */
function previousNumber(database: MemoryDatabase, work: Work, job: Job): number | null {
  if (job.number === null) return null
  const number = job.number
  const branchOf = (workflowId: string) => {
    const workflow = required(work.read(database.workflows.get(workflowId)), 'workflow', workflowId)
    return work.read(database.pipelines.get(workflow.pipelineId))?.git.branch
  }
  const branch = branchOf(job.workflowId)
  const before: number[] = []
  let found = 0
  for (const cell of database.jobs.values()) {
    const other = work.read(cell)
    if (other === undefined || other.number === null || other.number >= number) continue
    if (other.projectId !== job.projectId) continue
    before.push(other.number)
    if (other.number > found && branchOf(other.workflowId) === branch) found = other.number
  }
  return found > 0 && before.filter((one) => one > found).length < 100 ? found : null
}

function openAttempts(
  database: MemoryDatabase,
  work: Work,
): { readonly cell: Cell<AttemptRow>; readonly row: AttemptRow }[] {
  const found: { cell: Cell<AttemptRow>; row: AttemptRow }[] = []
  for (const cell of database.open) {
    const row = work.read(cell)
    if (row !== undefined && row.phase !== 'finished') found.push({ cell, row })
    else if (cell.holder === undefined) database.open.delete(cell)
  }
  return found
}

/** What requests with this key share. */
function reservationOf(database: MemoryDatabase, projectId: string, { scope, key }: RequestKey): Cell<ReservationRow> {
  const id = JSON.stringify([scope, key, projectId])
  const cell = database.reservations.get(id) ?? new Cell<ReservationRow>('pipeline reservations')
  database.reservations.set(id, cell)
  return cell
}
