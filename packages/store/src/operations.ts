import type { DispatchEntry, LoopState, Operations } from '@rondo/model'
import sql, { empty } from 'sql-template-tag'
import type { Database } from './database.ts'
import { administrationHistory } from './history.ts'
import { lockLines } from './lock-lines.ts'
import { type EventRow, toEvent } from './rows.ts'

type DispatchRow = EventRow & Omit<DispatchEntry, keyof EventRow | 'position'>

export function createOperations(database: Database): Operations {
  return {
    async recordLoop({ name, server, pauseMs, tookMs, problem }) {
      await database.rows(sql`
        insert into loops (name, server, pause_ms, took_ms, failed_at, problem)
        values (${name}, ${server}, ${pauseMs}, ${tookMs}, case when ${problem}::text is not null then now() end, ${problem})
        on conflict (name, server) do update set pause_ms = excluded.pause_ms, took_ms = excluded.took_ms, round_at = now(),
          failed_at = coalesce(excluded.failed_at, loops.failed_at), problem = coalesce(excluded.problem, loops.problem)`)
      // Servers that are gone for good are of no interest any more.
      await database.rows(sql`delete from loops where round_at < now() - interval '1 day'`)
    },
    loops: () =>
      database.rows<LoopState>(sql`
        select name, server, pause_ms as "pauseMs", took_ms as "tookMs", round_at as "roundAt", failed_at as "failedAt", problem,
          (extract(epoch from now() - round_at) * 1000)::float8 as "silentMs" from loops order by name, server`),
    async dispatches({ limit, jobId, schedules = false, after }) {
      const rows = await database.rows<DispatchRow>(sql`
        select e.id, e.at, e.kind, e.organization_id as "organizationId", e.project_id as "projectId", e.pipeline_id as "pipelineId",
          e.workflow_id as "workflowId", e.job_id as "jobId", e.actor_id as "actorId", e.data, e.xid::text as xid, u.login as "actorLogin",
          w.name as "workflowName", j.name as "jobName", j.resource_class as "resourceClass", j.parallelism, pl.git->>'revision' as revision,
          o.name || '/' || p.name || coalesce('/' || j.number, '') as build
        from (select * from events where kind in ('pipeline.created', 'pipeline.errored', 'schedule.skipped', 'task.queued', 'task.promoted', 'task.claimed', 'task.started', 'task.finished', 'task.requeued')
            ${schedules ? sql`and data ? 'schedule'` : empty}
            ${jobId === undefined ? empty : sql`and job_id = ${jobId}::uuid`} ${after === undefined ? empty : sql`and id > ${after}`}
            order by id ${after === undefined ? sql`desc` : sql`asc`} limit ${limit}) e
          left join users u on u.id = e.actor_id left join workflows w on w.id = e.workflow_id left join jobs j on j.id = e.job_id
          left join projects p on p.id = e.project_id left join organizations o on o.id = p.organization_id
          left join pipelines pl on pl.id = e.pipeline_id order by e.id`)
      return rows.map(
        ({ build, resourceClass, revision, parallelism, actorLogin, workflowName, jobName, ...event }) => ({
          ...toEvent(event),
          build,
          resourceClass,
          revision,
          parallelism,
          actorLogin,
          workflowName,
          jobName,
        }),
      )
    },
    administration: (organizationId, page) => administrationHistory(database, organizationId, page),
    locks: (options) => lockLines(database, options),
    async openPipelines() {
      const rows = await database.rows<{ id: string }>(sql`
        select pipeline_id as id from workflows where stopped_at is null
        union select id from pipelines where state in ('setup', 'pending')`)
      return rows.map(({ id }) => id)
    },
  }
}
