import {
  type AgentState,
  limitOn,
  type QueueEntry,
  type QueueFilter,
  type RunQueue,
  runningUnder,
  type WaitFacts,
} from '@rondo/model'
import sql, { empty, join, raw, type Sql } from 'sql-template-tag'
import type { Database, Runner } from './database.ts'
import { forecastFacts } from './forecast-facts.ts'
import { forecastQuality, saveForecasts, settleForecasts } from './forecasts.ts'
import { readLimits, readRunning } from './queue-view.ts'
import { projectSlugColumn } from './slug-columns.ts'
import { limitRecords, setLimit } from './task-limits.ts'
import { readWait, refusal } from './wait-facts.ts'

/** The queue as pages and administrators see it. */
export function createRunQueue(database: Database): RunQueue {
  return {
    async summary(filter = {}) {
      const view = await readView(database)
      const [held, waiting, running, agents] = await Promise.all([
        database.rows<Group>(sql`
          select t.organization_id as "organizationId", t.project_id as "projectId", t.resource_class as "resourceClass", count(*)::int as tasks
          from ${tasksFor(filter)} where t.phase = 'queued' and t.promoted_at is null and ${matches(filter)} group by 1, 2, 3`),
        database.rows<{ queued: number; oldestMs: number | null }>(sql`
          select count(*)::int as queued, (extract(epoch from now() - min(t.queued_at)) * 1000)::float8 as "oldestMs"
          from ${tasksFor(filter)} where t.phase = 'queued' and ${matches(filter)}`),
        database.rows<{ tasks: number }>(sql`
          select count(*)::int as tasks from ${tasksFor(filter)} where t.phase = 'running' and ${matches(filter)}`),
        readAgents(database),
      ])
      // Limits count everybody's running tasks, whatever the filter.
      const heldTasks = held
        .filter((group) => limitOn(group, view) !== undefined)
        .reduce((sum, group) => sum + group.tasks, 0)
      return {
        held: heldTasks,
        waiting: (waiting[0]?.queued ?? 0) - heldTasks,
        running: running[0]?.tasks ?? 0,
        oldestMs: waiting[0]?.oldestMs ?? null,
        agents,
      }
    },
    async entries(end, limit, filter = {}) {
      const view = await readView(database)
      const order = raw(
        end === 'head' ? 't.promoted_at, t.queued_at, t.id' : 't.promoted_at desc, t.queued_at desc, t.id desc',
      )
      const rows = await database.rows<QueueEntry & { organizationId: string }>(sql`
        select j.id as "jobId", j.name as "jobName", j.number as "jobNumber", t.organization_id as "organizationId", p.id as "projectId",
          pl.git->>'branch' as branch, ${projectSlugColumn} as "projectSlug", t.index as slice, t.executor, t.resource_class as "resourceClass", t.promoted_at is not null as promoted,
          (extract(epoch from now() - t.queued_at) * 1000)::float8 as "waitedMs"
        from tasks t join jobs j on j.id = t.job_id join projects p on p.id = t.project_id join organizations o on o.id = p.organization_id
          join workflows w on w.id = j.workflow_id join pipelines pl on pl.id = w.pipeline_id
        where t.phase = 'queued' and ${matches(filter)} order by ${order} limit ${limit}`)
      return rows.map(({ organizationId, ...row }) => {
        const limit = row.promoted ? undefined : limitOn({ ...row, organizationId }, view)
        return { ...row, limit: limit === undefined ? null : { ...limit, running: runningUnder(limit, view.running) } }
      })
    },
    async matching(filter, limit) {
      // A job with a slice that an agent has is no longer only waiting.
      const rows = await database.rows<{ id: string; jobs: number }>(sql`
        select j.id, count(*) over ()::int as jobs from jobs j join workflows w on w.id = j.workflow_id join pipelines pl on pl.id = w.pipeline_id
        where j.id in (select t.job_id from tasks t where t.phase = 'queued' and ${matches(filter, { tasksOnly: true })})
          and j.status = 'queued' and not exists (select from tasks t where t.job_id = j.id and t.phase <> 'queued')
          ${filter.branch === undefined ? empty : sql`and pl.git->>'branch' = ${filter.branch}`}
        order by j.queued_at, j.id limit ${limit}`)
      return { jobs: rows[0]?.jobs ?? 0, jobIds: rows.map((row) => row.id) }
    },
    wait: (jobId): Promise<WaitFacts | undefined> => readWait(database, jobId, projectSlugColumn),
    async promote(jobIds, actorId = null) {
      const [done] = await database.rows<{ tasks: number }>(sql`
        with asked as (select id, min(place) as place from unnest(${[...jobIds]}::uuid[]) with ordinality as given(id, place) group by id),
          moved as (update tasks t set promoted_at = statement_timestamp() + a.place * interval '1 microsecond'
            from asked a where t.job_id = a.id and t.phase = 'queued' and t.promoted_at is null returning t.job_id, t.organization_id, t.project_id, a.place),
          fact as (insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, job_id, actor_id, data)
            select 'task.promoted', m.organization_id, m.project_id, w.pipeline_id, w.id, j.id, ${actorId}::uuid, '{}'::jsonb
            from (select distinct job_id, organization_id, project_id, place from moved) m
              join jobs j on j.id = m.job_id join workflows w on w.id = j.workflow_id order by m.place)
        select count(*)::int as tasks from moved`)
      const tasks = done?.tasks ?? 0
      if (tasks > 0) await database.rows(sql`select pg_notify('rondo', 'queue'), pg_notify('rondo', 'events')`)
      return tasks
    },
    forecastFacts: () => forecastFacts(database),
    async saveForecasts(starts) {
      await settleForecasts(database)
      if (starts.size > 0) await saveForecasts(database, starts)
    },
    forecastQuality: (scope = {}) => forecastQuality(database, scope),
    limits: () => readLimits(database, { hold: false }),
    limitRecords: () => limitRecords(database),
    setLimit: (scope, maxTasks, actorId = null, byInstallation = true) =>
      database.transact((tx) => setLimit(tx, scope, { maxTasks, actorId, byInstallation })),
  }
}

/** `tasks t`, with `pipelines pl` where the filter looks at it: counting goes without where it can. */
function tasksFor({ branch }: QueueFilter): Sql {
  if (branch === undefined) return sql`tasks t`
  return sql`tasks t join jobs j on j.id = t.job_id join workflows w on w.id = j.workflow_id join pipelines pl on pl.id = w.pipeline_id`
}

/** Conditions on `tasks t`; that on the branch needs `pipelines pl`. */
function matches(filter: QueueFilter, { tasksOnly = false } = {}): Sql {
  const { jobIds, organizationId, projectId, branch, resourceClass, olderThanMs } = filter
  const parts = [sql`true`]
  if (jobIds !== undefined) parts.push(sql`t.job_id = any(${[...jobIds]}::uuid[])`)
  if (organizationId !== undefined) parts.push(sql`t.organization_id = ${organizationId}`)
  if (projectId !== undefined) parts.push(sql`t.project_id = ${projectId}`)
  if (resourceClass !== undefined) parts.push(sql`t.resource_class = ${resourceClass}`)
  if (olderThanMs !== undefined) parts.push(sql`t.queued_at <= now() - ${olderThanMs} * interval '1 ms'`)
  if (branch !== undefined && !tasksOnly) parts.push(sql`pl.git->>'branch' = ${branch}`)
  return join(parts, ' and ')
}

interface Group {
  readonly organizationId: string
  readonly projectId: string
  readonly resourceClass: string
  readonly tasks: number
}

async function readView(runner: Runner) {
  return { running: await readRunning(runner), limits: await readLimits(runner, { hold: false }) }
}

function readAgents(runner: Runner): Promise<readonly AgentState[]> {
  return runner.rows<AgentState>(sql`
    select g.id, g.name, g.cpus, g.memory_mb as "memoryMb", g.executors, (extract(epoch from now() - g.seen_at) * 1000)::float8 as "silentMs",
      (select count(*)::int from attempts a where a.agent_id = g.id and a.phase <> 'finished') as tasks, ${refusal} as refusal
    from agents g where g.executors <> '[]'::jsonb and g.revoked_at is null order by g.name`)
}
