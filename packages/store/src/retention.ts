import type { ExpiredBatch, ExpiredCount, RetentionStore } from '@rondo/model'
import sql from 'sql-template-tag'
import { countExpired } from './count-expired.ts'
import type { Database, Runner } from './database.ts'
import { dueJobs, type LeftByJobs, leftByJobs, oldCaches } from './due-rows.ts'
import { dropPipelinePart, oldestPipeline } from './old-pipelines.ts'
import { projectSlugColumn } from './slug-columns.ts'

export function createRetentionStore(database: Database): RetentionStore {
  return {
    projectsAfter: (id, limit) =>
      database.rows<{ id: string; slug: string }>(sql`
        select p.id, ${projectSlugColumn} as slug from projects p join organizations o on o.id = p.organization_id
        where ${id}::uuid is null or p.id > ${id}::uuid order by p.id limit ${limit}`),
    count: (projectId, days) => countExpired(database, projectId, days),
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
      gone as (delete from ${leftByJobs[kind]} where job_id in (select id from due) returning ${size} as bytes),
      mark as (insert into retention_marks (project_id, kind, stopped_at, job_id)
        select ${projectId}, ${kind}, stopped_at, id from due order by stopped_at desc, id desc limit 1
        on conflict (project_id, kind) do update set stopped_at = excluded.stopped_at, job_id = excluded.job_id)
    select (select count(*)::int from due) as jobs, count(*)::int as count, coalesce(sum(bytes), 0)::float8 as bytes from gone`)
  return { count: row?.count ?? 0, bytes: row?.bytes ?? 0, more: row?.jobs === limit }
}

async function expireCaches(runner: Runner, projectId: string, days: number, limit: number): Promise<ExpiredBatch> {
  const [row] = await runner.rows<ExpiredCount>(sql`
    with gone as (delete from caches where ctid = any(array(select ctid from caches where ${oldCaches(projectId, days)} limit ${limit})) returning size)
    select count(*)::int as count, coalesce(sum(size), 0)::float8 as bytes from gone`)
  return { count: row?.count ?? 0, bytes: row?.bytes ?? 0, more: row?.count === limit }
}
