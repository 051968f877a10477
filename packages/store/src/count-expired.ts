import type { ExpiredCount, RetentionDays, RetentionKind } from '@rondo/model'
import sql, { join, type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { before, dueJobs, leftByJobs, oldCaches } from './due-rows.ts'
import { removable } from './old-pipelines.ts'

const nothing: ExpiredCount = { count: 0, bytes: 0 }

/** A dry run over a project; see the port for what counts. */
export async function countExpired(
  runner: Runner,
  projectId: string,
  days: RetentionDays,
): Promise<Readonly<Record<RetentionKind, ExpiredCount>>> {
  const [objects, [output], [tests], [pipelines]] = await Promise.all([
    runner.rows<ExpiredCount & { kind: RetentionKind }>(countObjects(projectId, days)),
    days.output === 0 ? [] : runner.rows<ExpiredCount>(countOutput(projectId, days.output)),
    days['test-results'] === 0 ? [] : runner.rows<ExpiredCount>(countTests(projectId, days['test-results'])),
    days.pipelines === 0 ? [] : runner.rows<ExpiredCount>(countPipelines(projectId, days)),
  ])
  const object = (kind: RetentionKind): ExpiredCount => {
    const { count, bytes } = objects.find((row) => row.kind === kind) ?? nothing
    return { count, bytes }
  }
  return {
    output: output ?? nothing,
    artifacts: object('artifacts'),
    workspaces: object('workspaces'),
    'test-results': tests ?? nothing,
    caches: object('caches'),
    pipelines: { count: pipelines?.count ?? 0, bytes: (pipelines?.bytes ?? 0) + object('pipelines').bytes },
  }
}

/** Bytes count with the first kind that takes an object, and only when no row that stays names it too. */
function countObjects(projectId: string, days: RetentionDays): Sql {
  const left = (kind: 'artifacts' | 'workspaces') => sql`
    select ${kind} as kind, l.digest, l.size from (with ${dueJobs(projectId, kind, days[kind], sql``)} select id from due) due
      join ${leftByJobs[kind]} l on l.job_id = due.id`
  const parts = [
    ...(days.artifacts === 0 ? [] : [left('artifacts')]),
    ...(days.workspaces === 0 ? [] : [left('workspaces')]),
    ...(days.caches === 0
      ? []
      : [sql`select 'caches' as kind, digest, size from caches where ${oldCaches(projectId, days.caches)}`]),
    ...(days.pipelines === 0
      ? []
      : [
          sql`select 'pipelines' as kind, l.digest, l.size from (${endedJobs(projectId, days)}) j join artifacts l on l.job_id = j.id where ${staying('artifacts', days)}
          union all select 'pipelines', l.digest, l.size from (${endedJobs(projectId, days)}) j join workspace_layers l on l.job_id = j.id where ${staying('workspaces', days)}`,
        ]),
  ]
  if (parts.length === 0) return sql`select 'caches' as kind, 0 as count, 0::float8 as bytes`
  return sql`
    with gone as (${join(parts, ' union all ')}),
    freed as (
      select o.kind, sum(o.size) as bytes from (
        select digest, max(size) as size, count(*) as named, (array_agg(kind order by array_position(array['artifacts', 'workspaces', 'caches', 'pipelines'], kind)))[1] as kind
        from gone group by digest) o
      where o.named = (select count(*) from artifacts a where a.digest = o.digest)
        + (select count(*) from caches c where c.digest = o.digest) + (select count(*) from workspace_layers w where w.digest = o.digest)
      group by o.kind)
    select g.kind, g.count, coalesce(f.bytes, 0)::float8 as bytes
    from (select kind, count(*)::int as count from gone group by kind) g left join freed f on f.kind = g.kind`
}

function countOutput(projectId: string, days: number): Sql {
  return sql`with ${dueJobs(projectId, 'output', days, sql``)}
    select count(*)::int as count, coalesce(sum(s.output_bytes), 0)::float8 as bytes from due j ${stepsWithOutput}`
}

function countTests(projectId: string, days: number): Sql {
  return sql`with ${dueJobs(projectId, 'test-results', days, sql``)}
    select count(*)::int as count, coalesce(sum(${testBytes}), 0)::float8 as bytes from due join test_results l on l.job_id = due.id`
}

/** Without their objects, and without what the other kinds take of them anyway. */
function countPipelines(projectId: string, days: RetentionDays): Sql {
  return sql`
    with ended as (${endedJobs(projectId, days)})
    select (select count(*)::int from (${oldPipelines(projectId, days)}) p) as count,
      (select coalesce(sum(s.output_bytes), 0)::float8 from ended j ${stepsWithOutput} where ${staying('output', days)})
      + (select coalesce(sum(${testBytes}), 0)::float8 from ended j join test_results l on l.job_id = j.id where ${staying('test-results', days)}) as bytes`
}

/** Of test results `l`: their texts, which are most of what they take in the database. */
const testBytes = sql`octet_length(concat(l.name, l.classname, l.file, l.result, l.message, l.source))`

/** Of jobs `j`. */
const stepsWithOutput = sql`join tasks t on t.job_id = j.id join attempts a on a.task_id = t.id
  join steps s on s.attempt_id = a.id and s.output_bytes > 0 and not s.output_expired`

const oldPipelines = (projectId: string, days: RetentionDays): Sql =>
  sql`select pl.id from pipelines pl where pl.project_id = ${projectId} and pl.created_at < ${before(days.pipelines)} and ${removable}`

const endedJobs = (projectId: string, days: RetentionDays): Sql =>
  sql`select j.id, j.stopped_at from (${oldPipelines(projectId, days)}) old join workflows w on w.pipeline_id = old.id join jobs j on j.workflow_id = w.id`

/** Whether a kind's own policy leaves what the job `j` left. */
const staying = (kind: RetentionKind, days: RetentionDays): Sql =>
  days[kind] === 0 ? sql`true` : sql`(j.stopped_at is null or j.stopped_at >= ${before(days[kind])})`
