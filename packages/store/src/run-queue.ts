import { type AgentState, limitOn, type QueueEntry, type RunQueue, type WaitFacts } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database, Runner } from './database.ts'
import { readLimits, readRunning } from './queue-view.ts'
import { readWait } from './wait-facts.ts'

const slugColumn = raw(
  `(case o.vcs_type when 'github' then 'gh' when 'bitbucket' then 'bb' else o.vcs_type end) || '/' || o.name || '/' || p.name`,
)

/** The queue as pages and administrators see it. */
export function createRunQueue(database: Database): RunQueue {
  return {
    async summary() {
      const view = await readView(database)
      const groups = await database.rows<Group>(sql`
        select organization_id as "organizationId", project_id as "projectId", resource_class as "resourceClass", count(*)::int as tasks
        from tasks where phase = 'queued' and promoted_at is null group by 1, 2, 3`)
      const [all] = await database.rows<{ queued: number; oldestMs: number | null }>(sql`
        select count(*)::int as queued, (extract(epoch from now() - min(queued_at)) * 1000)::float8 as "oldestMs" from tasks where phase = 'queued'`)
      const held = groups
        .filter((group) => limitOn(group, view) !== undefined)
        .reduce((sum, group) => sum + group.tasks, 0)
      return {
        held,
        waiting: (all?.queued ?? 0) - held,
        running: view.running.reduce((sum, one) => sum + one.tasks, 0),
        oldestMs: all?.oldestMs ?? null,
        agents: await readAgents(database),
      }
    },
    async entries(end, limit) {
      const view = await readView(database)
      const order = raw(
        end === 'head' ? 't.promoted_at, t.queued_at, t.id' : 't.promoted_at desc, t.queued_at desc, t.id desc',
      )
      const rows = await database.rows<QueueEntry & { organizationId: string }>(sql`
        select j.id as "jobId", j.name as "jobName", j.number as "jobNumber", t.organization_id as "organizationId", p.id as "projectId",
          ${slugColumn} as "projectSlug", t.index as slice, t.executor, t.resource_class as "resourceClass", t.promoted_at is not null as promoted,
          (extract(epoch from now() - t.queued_at) * 1000)::float8 as "waitedMs"
        from tasks t join jobs j on j.id = t.job_id join projects p on p.id = t.project_id join organizations o on o.id = p.organization_id
        where t.phase = 'queued' order by ${order} limit ${limit}`)
      return rows.map(({ organizationId, ...row }) => ({
        ...row,
        limit: row.promoted ? null : (limitOn({ ...row, organizationId }, view) ?? null),
      }))
    },
    wait: (jobId): Promise<WaitFacts | undefined> => readWait(database, jobId, slugColumn),
    async promote(jobIds) {
      const rows = await database.rows(sql`
        update tasks set promoted_at = clock_timestamp() where job_id = any(${[...jobIds]}::uuid[]) and phase = 'queued' and promoted_at is null returning id`)
      if (rows.length > 0) await database.rows(sql`select pg_notify('rondo', 'queue')`)
      return rows.length
    },
    limits: () => readLimits(database, { hold: false }),
    async setLimit({ organizationId, projectId, resourceClass }, maxTasks) {
      if (maxTasks === undefined)
        await database.rows(sql`
          delete from task_limits where organization_id is not distinct from ${organizationId} and project_id is not distinct from ${projectId}
            and resource_class is not distinct from ${resourceClass}`)
      else
        await database.rows(sql`
          insert into task_limits (organization_id, project_id, resource_class, max_tasks) values (${organizationId}, ${projectId}, ${resourceClass}, ${maxTasks})
          on conflict (organization_id, project_id, resource_class) do update set max_tasks = excluded.max_tasks`)
      // What a limit held back may go now.
      await database.rows(sql`select pg_notify('rondo', 'queue')`)
    },
  }
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
      (select count(*)::int from attempts a where a.agent_id = g.id and a.phase <> 'finished') as tasks
    from agents g order by g.name`)
}
