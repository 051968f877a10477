import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** How long agents had tasks lately, milliseconds, ascending. */
export interface UsualLengths {
  /** Of tasks of a job of this name; where it never ran, of its project; where nothing did, of the installation. */
  of(job: { readonly projectId: string; readonly name: string }): readonly number[]
}

/** So many ended runs of a job are looked at, and so many of their slices. */
const runs = 10
const slices = 30

/** Reads an index of results for each name, and no more rows than the newest few. */
export async function usualLengths(
  runner: Runner,
  jobs: readonly { readonly projectId: string; readonly name: string }[],
): Promise<UsualLengths> {
  const key = (job: { readonly projectId: string; readonly name: string }) => `${job.projectId} ${job.name}`
  const wanted = [...new Map(jobs.map((job) => [key(job), { projectId: job.projectId, name: job.name }])).values()]
  const rows = await runner.rows<{ projectId: string; name: string; lengths: readonly number[] | null }>(sql`
    select w."projectId", w.name, recent.lengths from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w("projectId" uuid, name text), lateral (
      select array_agg(taken.ms order by taken.ms) as lengths from (
        select (extract(epoch from a.finished_at - a.claimed_at) * 1000)::float8 as ms from (
          select id, stopped_at from jobs j where j.project_id = w."projectId" and j.name = w.name and j.status in ('success', 'failed')
            and j.started_at is not null order by stopped_at desc limit ${runs}) ended
        join tasks t on t.job_id = ended.id join attempts a on a.id = t.attempt_id
        where a.finished_at is not null order by ended.stopped_at desc limit ${slices}) taken) recent`)
  const known = new Map(rows.flatMap((row) => (row.lengths === null ? [] : [[key(row), row.lengths]])))
  const strange = [...new Set(wanted.filter((job) => !known.has(key(job))).map((job) => job.projectId))]
  const byProject = strange.length === 0 ? new Map() : await lengthsOfProjects(runner, strange)
  const all = strange.every((projectId) => byProject.has(projectId)) ? [] : await lengthsOfAll(runner)
  return { of: (job) => known.get(key(job)) ?? byProject.get(job.projectId) ?? all }
}

async function lengthsOfProjects(
  runner: Runner,
  projectIds: readonly string[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await runner.rows<{ projectId: string; lengths: readonly number[] | null }>(sql`
    select p as "projectId", recent.lengths from unnest(${[...projectIds]}::uuid[]) p, lateral (
      select array_agg(ms order by ms) as lengths from (
        select (extract(epoch from stopped_at - started_at) * 1000)::float8 as ms from (
          select stopped_at, started_at from jobs where project_id = p and stopped_at is not null and number is not null
          order by stopped_at desc, id desc limit ${slices}) ended
        where started_at is not null) taken) recent`)
  return new Map(rows.flatMap((row) => (row.lengths === null ? [] : [[row.projectId, row.lengths]])))
}

async function lengthsOfAll(runner: Runner): Promise<readonly number[]> {
  // Ids of attempts rise with time.
  const [row] = await runner.rows<{ lengths: readonly number[] | null }>(sql`
    select array_agg(ms order by ms) as lengths from (
      select (extract(epoch from finished_at - claimed_at) * 1000)::float8 as ms from (
        select finished_at, claimed_at from attempts where result in ('passed', 'failed') order by id desc limit ${slices}) newest
      where finished_at is not null) taken`)
  return row?.lengths ?? []
}

/** So many attempts are looked at, each beside all others. */
const handovers = 100

/** Half of the tasks that waited while their agent ended another had it no later than this after that end; milliseconds. */
export async function usualHandover(runner: Runner): Promise<number> {
  // Ids of attempts rise with time.
  const [row] = await runner.rows<{ ms: number | null }>(sql`
    with newest as (
      select a.agent_id, a.claimed_at, a.finished_at, t.queued_at from attempts a join tasks t on t.id = a.task_id order by a.id desc limit ${handovers}
    ), gaps as (
      select (select min(n.claimed_at - before.finished_at) from newest before
        where before.agent_id = n.agent_id and before.finished_at <= n.claimed_at and before.finished_at > n.queued_at) as gap from newest n)
    select (extract(epoch from percentile_cont(0.5) within group (order by gap)) * 1000)::float8 as ms from gaps where gap is not null`)
  return row?.ms ?? 0
}
