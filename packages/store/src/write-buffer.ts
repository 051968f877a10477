import {
  type EngineTransaction,
  finalJobStatuses,
  finalWorkflowStatuses,
  type JobChange,
  type NewEvent,
  type Resources,
} from '@rondo/model'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'

type Writes = Pick<
  EngineTransaction,
  'saveJob' | 'numberJob' | 'enqueue' | 'stopTasks' | 'saveWorkflow' | 'acknowledge' | 'addChore' | 'append' | 'notify'
>

/** Writes that wait for each other, and a runner that sends them before it reads. */
export interface WriteBuffer {
  readonly writes: Writes
  /** Sees everything that was written before. */
  readonly runner: Runner
  /** Sends what waits; the last thing before the commit. */
  flush(): Promise<void>
}

interface JobRow {
  id: string
  status?: string
  message?: string
  approvedBy?: string
  canceledBy?: string
  numbered?: boolean
}

interface QueuedJob extends Resources {
  readonly jobId: string
  readonly executor: string
  readonly parallelism: number
}

const started = ['running']
const waiting = ['queued', 'not_running', 'on_hold']

/**
 * Writes that answer nothing are kept until something is read, or the transaction ends, and then go as one statement,
 * however many jobs they are about. Two writes of one row, which one statement cannot make, are sent one after the other.
 */
export function createWriteBuffer(tx: Runner): WriteBuffer {
  const jobs = new Map<string, JobRow>()
  const queued = new Map<string, QueuedJob>()
  const stops = new Map<string, string>()
  const workflows = new Map<string, { id: string; status: string; canceledBy: string | null }>()
  const acknowledged = new Map<string, { attemptId: string; sequence: number; leaseMs: number }>()
  const chores: { kind: string; subjectId: string }[] = []
  const events: NewEvent[] = []
  const topics = new Set<string>()

  async function flush(): Promise<void> {
    const parts = [
      ...when(jobs.size > 0, () => saveJobs([...jobs.values()])),
      ...when(queued.size > 0, () => queueTasks([...queued.values()])),
      ...when(stops.size > 0, () => stopTasks([...stops].map(([jobId, reason]) => ({ jobId, reason })))),
      ...when(workflows.size > 0, () => saveWorkflows([...workflows.values()])),
      ...when(acknowledged.size > 0, () => acknowledge([...acknowledged.values()])),
      ...when(chores.length > 0, () => addChores(chores)),
      ...when(events.length > 0, () => appendEvents(events)),
    ]
    const told = [...topics]
    for (const kept of [jobs, queued, stops, workflows, acknowledged, topics]) kept.clear()
    chores.length = 0
    events.length = 0
    if (parts.length === 0 && told.length === 0) return
    // Every part runs once, whether or not the end reads it.
    const head = parts.length === 0 ? empty : sql`with ${join(parts, ', ')}`
    await tx.rows(sql`${head} select pg_notify('rondo', topic) from unnest(${told}::text[]) topic`)
  }

  const writes: Writes = {
    async saveJob(change: JobChange) {
      if (jobs.get(change.id)?.status !== undefined) await flush()
      jobs.set(change.id, { ...jobs.get(change.id), ...change })
    },
    async numberJob({ id }) {
      jobs.set(id, { ...jobs.get(id), id, numbered: true })
    },
    async enqueue(job, executor, { cpus, memoryMb }) {
      if (queued.has(job.id) || stops.has(job.id)) await flush()
      await writes.numberJob(job)
      queued.set(job.id, { jobId: job.id, executor, cpus, memoryMb, parallelism: job.parallelism })
      topics.add('queue')
    },
    async stopTasks(jobId, reason) {
      if (queued.has(jobId)) await flush()
      if (!stops.has(jobId)) stops.set(jobId, reason)
      topics.add('stop')
      // An agent may be making room for one of them, and take nothing else as long.
      topics.add('queue')
    },
    async saveWorkflow(id, status, canceledBy) {
      if (workflows.has(id)) await flush()
      workflows.set(id, { id, status, canceledBy: canceledBy ?? null })
    },
    async acknowledge(attemptId, sequence, leaseMs) {
      acknowledged.set(attemptId, { attemptId, sequence, leaseMs })
    },
    async addChore(kind, subjectId) {
      chores.push({ kind, subjectId })
      topics.add('chores')
    },
    async append(event) {
      events.push(event)
      topics.add('events')
    },
    async notify(topic) {
      topics.add(topic)
    },
  }
  return {
    writes,
    flush,
    runner: {
      async rows<Row extends object>(statement: Sql) {
        const [, rows] = await Promise.all([flush(), tx.rows<Row>(statement)])
        return rows
      },
    },
  }
}

function when(holds: boolean, part: () => Sql): readonly Sql[] {
  return holds ? [part()] : []
}

/**
 * The keys once more as a list: rows are then looked up one by one. Joined alone, a plan made while a table was small may go
 * through all of its rows, and is kept after it has grown.
 */
const idsOf = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id)

const json = (rows: readonly object[]): Sql => sql`${JSON.stringify(rows)}::jsonb`

/** Build numbers are given in the order of the changes; the project's row holds the last one. */
function saveJobs(rows: readonly JobRow[]): Sql {
  const change = sql`rows from (jsonb_to_recordset(${json(rows)}) as (id uuid, status text, message text, "approvedBy" uuid, "canceledBy" uuid, numbered boolean)) with ordinality as c`
  const ids = idsOf(rows)
  const saved = (number: Sql, counted: Sql) => sql`saved as (
    update jobs j set status = coalesce(c.status, j.status), message = coalesce(c.message, j.message), number = ${number},
      approved_by = coalesce(c."approvedBy", j.approved_by), canceled_by = coalesce(c."canceledBy", j.canceled_by),
      queued_at = case when c.status = any(${waiting}) then coalesce(j.queued_at, now()) else j.queued_at end,
      started_at = case when c.status = any(${started}) then coalesce(j.started_at, now()) else j.started_at end,
      stopped_at = case when c.status = any(${[...finalJobStatuses]}) then coalesce(j.stopped_at, now()) else j.stopped_at end
    from ${change} ${counted} where j.id = c.id and j.id = any(${ids}::uuid[]))`
  if (!rows.some((row) => row.numbered === true)) return saved(sql`j.number`, empty)
  // Held first: of two that number the same job, the second finds it numbered. Looked at only then, so that they are found by
  // their ids and not among all jobs without a number.
  return sql`held as (
      select j.id, j.project_id, j.number, c.ordinality from ${change} join jobs j on j.id = c.id where j.id = any(${ids}::uuid[]) and c.numbered for update of j),
    unnumbered as (
      select id, project_id, row_number() over (partition by project_id order by ordinality) as place from held where number is null),
    counted as (
      update projects p set build_number = p.build_number + u.jobs
      from (select project_id, count(*)::int as jobs from unnumbered group by project_id) u where p.id = u.project_id
      returning p.id, p.build_number - u.jobs as before),
    ${saved(
      sql`coalesce(j.number, numbers.number)`,
      sql`left join (select u.id, n.before + u.place as number from unnumbered u join counted n on n.id = u.project_id) numbers on numbers.id = c.id`,
    )}`
}

/**
 * Slice 0 of a job with a `deploy` step waits there for all others, in its place: it comes last in its line, so that they have
 * theirs by then, however few there are.
 */
function queueTasks(rows: readonly QueuedJob[]): Sql {
  const lastOfAll = sql`case when q.parallelism > 1 and slice = 0 then coalesce(jsonb_path_exists(j.plan, '$.steps[*] ? (@.deploy == true)'), false) else false end`
  return sql`queued as (
    insert into tasks (job_id, index, executor, cpus, memory_mb, organization_id, project_id, resource_class)
    select j.id, slice, q.executor, q.cpus, q."memoryMb", p.organization_id, p.id, coalesce(j.resource_class, 'medium')
    from rows from (jsonb_to_recordset(${json(rows)}) as ("jobId" uuid, executor text, cpus real, "memoryMb" int, parallelism int)) with ordinality as q
      join jobs j on j.id = q."jobId" join projects p on p.id = j.project_id, generate_series(0, q.parallelism - 1) slice
    order by q.ordinality, ${lastOfAll}, slice
    on conflict (job_id, index) do nothing)`
}

/** A task that is claimed meanwhile is asked to stop: its row is looked at again when its claimer lets go of it. */
function stopTasks(rows: readonly object[]): Sql {
  return sql`stopped as (
    update tasks t set phase = case when t.phase = 'queued' then 'finished' else t.phase end,
      result = case when t.phase = 'queued' then s.reason else t.result end,
      stop_reason = case when t.phase = 'running' then coalesce(t.stop_reason, s.reason) else t.stop_reason end
    from jsonb_to_recordset(${json(rows)}) as s("jobId" uuid, reason text)
    where t.job_id = s."jobId" and t.phase <> 'finished')`
}

function saveWorkflows(rows: readonly object[]): Sql {
  return sql`advanced as (
    update workflows w set status = c.status, canceled_by = coalesce(c."canceledBy", w.canceled_by),
      stopped_at = case when c.status = any(${[...finalWorkflowStatuses]}) then coalesce(w.stopped_at, now()) end
    from jsonb_to_recordset(${json(rows)}) as c(id uuid, status text, "canceledBy" uuid) where w.id = c.id)`
}

function acknowledge(rows: readonly object[]): Sql {
  return sql`known as (
    update attempts a set acknowledged = k.sequence, lease_expires_at = now() + k."leaseMs" * interval '1 ms'
    from jsonb_to_recordset(${json(rows)}) as k("attemptId" uuid, sequence int, "leaseMs" float8) where a.id = k."attemptId")`
}

function addChores(rows: readonly object[]): Sql {
  return sql`due as (
    insert into chores (kind, subject_id) select kind, "subjectId"
    from rows from (jsonb_to_recordset(${json(rows)}) as (kind text, "subjectId" uuid)) with ordinality as c order by ordinality)`
}

/** Whatever the writer knows of the scope, the history of the pipeline and its organisation finds the event. */
function appendEvents(rows: readonly NewEvent[]): Sql {
  return sql`appended as (
    insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, job_id, actor_id, data)
    select kind, coalesce("organizationId", (select organization_id from projects p where p.id = "projectId")), "projectId",
      coalesce("pipelineId", (select pipeline_id from workflows w where w.id = "workflowId")), "workflowId", "jobId", "actorId", coalesce(data, '{}')
    from rows from (jsonb_to_recordset(${json(rows)}) as (kind text, "organizationId" uuid, "projectId" uuid, "pipelineId" uuid, "workflowId" uuid,
      "jobId" uuid, "actorId" uuid, data jsonb)) with ordinality as e order by ordinality)`
}
