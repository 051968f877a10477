import type { ExpiredBatch, ExpiredCount, RetentionKind, RetentionStore } from '@rondo/model'
import sql, { empty, type Sql } from 'sql-template-tag'
import type { Database, Runner } from './database.ts'
import { dropPipelinePart, oldestPipeline, removable } from './old-pipelines.ts'
import { projectSlugColumn } from './slug-columns.ts'

const tables = {
  artifacts: sql`artifacts`,
  workspaces: sql`workspace_layers`,
  'test-results': sql`test_results`,
} as const
type LeftByJobs = keyof typeof tables

const before = (days: number): Sql => sql`now() - ${days} * interval '1 day'`

export function createRetentionStore(database: Database): RetentionStore {
  return {
    projectsAfter: (id, limit) =>
      database.rows<{ id: string; slug: string }>(sql`
        select p.id, ${projectSlugColumn} as slug from projects p join organizations o on o.id = p.organization_id
        where ${id}::uuid is null or p.id > ${id}::uuid order by p.id limit ${limit}`),
    count: (projectId, kind, days) => countExpired(database, projectId, kind, days),
    expire: (projectId, kind, days, limit) =>
      kind === 'caches'
        ? expireCaches(database, projectId, days, limit)
        : database.transact((tx) => expireLeft(tx, projectId, kind, days, limit)),
    async oldOutput(projectId, days, limit) {
      const jobs = await database.rows<{ id: string }>(
        sql`with ${dueJobs(projectId, 'output', days, sql`limit ${limit}`)} select id from due`,
      )
      const jobIds = jobs.map((job) => job.id)
      // Also of attempts that were lost, whose steps never told how much they wrote.
      const steps = await database.rows<{ id: string }>(sql`
        select s.id from tasks t join attempts a on a.task_id = t.id join steps s on s.attempt_id = a.id
        where t.job_id = any(${jobIds}::uuid[]) and not s.output_expired`)
      const lost = await database.rows<{ id: string }>(sql`
        select a.id from tasks t join attempts a on a.task_id = t.id
        where t.job_id = any(${jobIds}::uuid[]) and a.result = 'lost' and a.granted_at is not null`)
      return { jobIds, stepIds: steps.map((step) => step.id), lostAttempts: lost.map((attempt) => attempt.id) }
    },
    async forgetOutput(stepIds, passed) {
      await database.transact(async (tx) => {
        await tx.rows(sql`update steps set output_expired = true where id = any(${[...stepIds]}::uuid[])`)
        if (passed === undefined) return
        await tx.rows(sql`
          insert into retention_marks (project_id, kind, stopped_at, job_id)
          select project_id, 'output', stopped_at, id from jobs where id = any(${[...passed.jobIds]}::uuid[]) order by stopped_at desc, id desc limit 1
          on conflict (project_id, kind) do update set stopped_at = excluded.stopped_at, job_id = excluded.job_id`)
      })
    },
    oldPipeline: (projectId, days, limit) => oldestPipeline(database, projectId, days, limit),
    dropPipeline: (id, limit) => database.transact((tx) => dropPipelinePart(tx, id, limit)),
    async referenced(digests) {
      const rows = await database.rows<{ digest: string }>(sql`
        select d.digest from unnest(${[...digests]}::text[]) as d(digest)
        where exists (select from caches c where c.digest = d.digest) or exists (select from artifacts a where a.digest = d.digest)
          or exists (select from workspace_layers w where w.digest = d.digest)`)
      return new Set(rows.map((row) => row.digest))
    },
    cursor: async (name) =>
      (await database.rows<{ value: string }>(sql`select value from cursors where name = ${name}`))[0]?.value ?? null,
    async saveCursor(name, value) {
      if (value === null) await database.rows(sql`delete from cursors where name = ${name}`)
      else
        await database.rows(
          sql`insert into cursors (name, value) values (${name}, ${value}) on conflict (name) do update set value = excluded.value`,
        )
    },
  }
}

/** Jobs whose workspace a workflow that has not ended may attach: its own, and those that a rerun kept. */
const neededJobs = (projectId: string): Sql => sql`needed as (
    select o.stopped_at, o.id from workflows w join jobs j on j.workflow_id = w.id join jobs o on o.id = coalesce(j.kept_from, j.id)
    where w.project_id = ${projectId} and w.stopped_at is null and o.stopped_at is not null)`

/**
 * Jobs behind the mark that ended too long ago, in the order of their ends. The mark never comes past a workspace that is
 * needed; what ended after it waits until nothing needs it any more.
 */
function dueJobs(projectId: string, kind: RetentionKind, days: number, limit: Sql): Sql {
  const kept = kind === 'workspaces'
  return sql`${kept ? sql`${neededJobs(projectId)}, ` : empty}due as (
    select j.id, j.stopped_at from jobs j left join retention_marks m on m.project_id = j.project_id and m.kind = ${kind}
    where j.project_id = ${projectId} and j.number is not null and j.stopped_at < ${before(days)}
      and (m.project_id is null or (j.stopped_at, j.id) > (m.stopped_at, m.job_id))
      ${kept ? sql`and not exists (select from needed n where (n.stopped_at, n.id) <= (j.stopped_at, j.id))` : empty}
    order by j.stopped_at, j.id ${limit})`
}

async function expireLeft(
  tx: Runner,
  projectId: string,
  kind: LeftByJobs,
  days: number,
  limit: number,
): Promise<ExpiredBatch> {
  // A rerun that needs a workspace holds its project until it is there to be seen (`takenWorkspaces`).
  if (kind === 'workspaces') await tx.rows(sql`select from projects where id = ${projectId} for no key update`)
  const size = kind === 'test-results' ? sql`0` : sql`size`
  const [row] = await tx.rows<ExpiredCount & { jobs: number }>(sql`
    with ${dueJobs(projectId, kind, days, sql`limit ${limit}`)},
      gone as (delete from ${tables[kind]} where job_id in (select id from due) returning ${size} as bytes),
      mark as (insert into retention_marks (project_id, kind, stopped_at, job_id)
        select ${projectId}, ${kind}, stopped_at, id from due order by stopped_at desc, id desc limit 1
        on conflict (project_id, kind) do update set stopped_at = excluded.stopped_at, job_id = excluded.job_id)
    select (select count(*)::int from due) as jobs, count(*)::int as count, coalesce(sum(bytes), 0)::float8 as bytes from gone`)
  return { count: row?.count ?? 0, bytes: row?.bytes ?? 0, more: row?.jobs === limit }
}

/** A job may ask for its caches to be kept for less than the policy says, never for more. */
const oldCaches = (projectId: string, days: number): Sql => sql`project_id = ${projectId}
  and (created_at < ${before(days)} or (keep_days is not null and created_at < now() - keep_days * interval '1 day'))`

async function expireCaches(runner: Runner, projectId: string, days: number, limit: number): Promise<ExpiredBatch> {
  const [row] = await runner.rows<ExpiredCount>(sql`
    with gone as (delete from caches where ctid = any(array(select ctid from caches where ${oldCaches(projectId, days)} limit ${limit})) returning size)
    select count(*)::int as count, coalesce(sum(size), 0)::float8 as bytes from gone`)
  return { count: row?.count ?? 0, bytes: row?.bytes ?? 0, more: row?.count === limit }
}

async function countExpired(
  runner: Runner,
  projectId: string,
  kind: RetentionKind,
  days: number,
): Promise<ExpiredCount> {
  const [row] = await runner.rows<ExpiredCount>(countStatement(projectId, kind, days))
  return row ?? { count: 0, bytes: 0 }
}

function countStatement(projectId: string, kind: RetentionKind, days: number): Sql {
  const all = (bytes: Sql) => sql`select count(*)::int as count, coalesce(sum(${bytes}), 0)::float8 as bytes`
  switch (kind) {
    case 'caches':
      return sql`${all(sql`size`)} from caches where ${oldCaches(projectId, days)}`
    case 'pipelines':
      return sql`${all(sql`0`)} from pipelines pl where pl.project_id = ${projectId} and pl.created_at < ${before(days)} and ${removable}`
    case 'output':
      return sql`with ${dueJobs(projectId, kind, days, sql``)}
        ${all(sql`s.output_bytes`)} from due join tasks t on t.job_id = due.id join attempts a on a.task_id = t.id join steps s on s.attempt_id = a.id
        where s.output_bytes > 0 and not s.output_expired`
    default: {
      const size = kind === 'test-results' ? sql`0` : sql`l.size`
      return sql`with ${dueJobs(projectId, kind, days, sql``)} ${all(size)} from due join ${tables[kind]} l on l.job_id = due.id`
    }
  }
}
