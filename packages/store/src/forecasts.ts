import { agentSilentAfterMs, type ForecastFacts, type ForecastQuality, limitOn } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'
import { readLimits, readRunning } from './queue-view.ts'

/** So many tasks are looked at; those behind them wait too long for a forecast to be worth much. */
const depth = 1_000

interface Waiting {
  readonly executor: string
  readonly organizationId: string
  readonly projectId: string
  readonly resourceClass: string
  readonly promoted: boolean
  readonly taskId: string
  readonly jobId: string
  readonly cpus: number
  readonly usualMs: number | null
}

/** What runs of the job usually took: the median of its last ten; the index of results finds them. */
const usual = sql`(select percentile_cont(0.5) within group (order by ms) from (
  select extract(epoch from r.stopped_at - r.started_at) * 1000 as ms from jobs r
  where r.project_id = j.project_id and r.name = j.name and r.status in ('success', 'failed') and r.started_at is not null
  order by r.stopped_at desc limit 10) recent)::float8 as "usualMs"`

export async function forecastFacts(runner: Runner): Promise<readonly ForecastFacts[]> {
  const queued = await runner.rows<Waiting>(sql`
    select t.executor, t.organization_id as "organizationId", t.project_id as "projectId", t.resource_class as "resourceClass",
      t.promoted_at is not null as promoted, t.id as "taskId", t.job_id as "jobId", t.cpus, ${usual}
    from tasks t join jobs j on j.id = t.job_id where t.phase = 'queued' order by t.promoted_at, t.queued_at, t.id limit ${depth}`)
  if (queued.length === 0) return []
  const view = { running: await readRunning(runner), limits: await readLimits(runner, { hold: false }) }
  const waiting = queued.filter((task) => task.promoted || limitOn(task, view) === undefined)
  const running = await runner.rows<ForecastFacts['running'][number] & { executor: string }>(sql`
    select t.executor, t.cpus, (extract(epoch from now() - coalesce(a.granted_at, now())) * 1000)::float8 as "elapsedMs", ${usual}
    from tasks t join jobs j on j.id = t.job_id join attempts a on a.id = t.attempt_id where t.phase = 'running'`)
  const agents = await runner.rows<{ cpus: number; executors: readonly string[] }>(
    sql`select cpus, executors from agents where seen_at > now() - ${agentSilentAfterMs} * interval '1 ms'`,
  )
  return [...Map.groupBy(waiting, (task) => task.executor)].map(([executor, tasks]) => ({
    executor,
    cpus: agents.filter((agent) => agent.executors.includes(executor)).reduce((sum, agent) => sum + agent.cpus, 0),
    running: running.filter((task) => task.executor === executor),
    waiting: tasks,
  }))
}

/** Only the first forecast of a task counts: it is the one that is compared with what came. */
export async function saveForecasts(runner: Runner, starts: ReadonlyMap<string, number>): Promise<void> {
  const rows = [...starts].map(([id, ms]) => ({ id, ms }))
  await runner.rows(sql`
    insert into forecasts (task_id, expected_at) select f.id, now() + f.ms * interval '1 ms'
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as f(id uuid, ms float8) join tasks t on t.id = f.id and t.phase = 'queued'
    on conflict (task_id) do nothing`)
}

/** Notes when what was foretold did start. What ended without a start says nothing, and old forecasts are forgotten. */
export async function settleForecasts(runner: Runner): Promise<void> {
  await runner.rows(sql`
    update forecasts f set started_at = a.granted_at from attempts a
    where f.started_at is null and a.task_id = f.task_id and a.number = 1 and a.granted_at is not null`)
  await runner.rows(sql`
    delete from forecasts f using tasks t where f.started_at is null and t.id = f.task_id and t.phase = 'finished'
      and not exists (select from attempts a where a.task_id = t.id and a.granted_at is not null)`)
  await runner.rows(sql`delete from forecasts where started_at < now() - interval '7 days'`)
}

/** How far off the foretold starts of the last day were. */
export async function forecastQuality(runner: Runner): Promise<ForecastQuality> {
  const [row] = await runner.rows<ForecastQuality>(sql`
    with errors as (select abs(extract(epoch from started_at - expected_at)) * 1000 as ms from forecasts where started_at > now() - interval '1 day')
    select count(*)::int as jobs, percentile_cont(0.5) within group (order by ms)::float8 as "medianErrorMs",
      percentile_cont(0.9) within group (order by ms)::float8 as "p90ErrorMs" from errors`)
  return row ?? { jobs: 0, medianErrorMs: null, p90ErrorMs: null }
}
