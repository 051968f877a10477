import type { ExpectedStart, ForecastQuality, QueueFilter } from '@rondo/model'
import sql, { empty } from 'sql-template-tag'
import type { Runner } from './database.ts'

/** Only the first forecast of a job counts for each kind of wait: it is the one that is compared with what came. */
export async function saveForecasts(runner: Runner, starts: ReadonlyMap<string, ExpectedStart>): Promise<void> {
  const rows = [...starts].map(([id, { kind, inMs }]) => ({ id, kind, ms: inMs }))
  await runner.rows(sql`
    insert into forecasts (job_id, kind, expected_at) select f.id, f.kind, now() + f.ms * interval '1 ms'
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as f(id uuid, kind text, ms float8)
      join jobs j on j.id = f.id and j.started_at is null and j.stopped_at is null and j.type in ('build', 'lock')
    on conflict (job_id, kind) do nothing`)
}

/** Notes when what was foretold did start: of a lock node, when it ended with its lock. What ended without a start says nothing, and old forecasts are forgotten. */
export async function settleForecasts(runner: Runner): Promise<void> {
  await runner.rows(sql`
    with ended as (
      select f.job_id, case when j.type = 'lock' then case when j.status = 'success' then j.stopped_at end else j.started_at end as started_at
      from forecasts f join jobs j on j.id = f.job_id where f.started_at is null and (j.started_at is not null or j.stopped_at is not null)
    ), gone as (delete from forecasts f using ended e where f.job_id = e.job_id and e.started_at is null)
    update forecasts f set started_at = e.started_at from ended e where f.job_id = e.job_id and f.started_at is null and e.started_at is not null`)
  await runner.rows(sql`delete from forecasts where started_at < now() - interval '7 days'`)
}

/** Who waits no longer was told "any moment"; what part of that the error is says nothing. */
const shortWaitMs = 1_000

/** How far off the foretold starts of the last day were. */
export async function forecastQuality(
  runner: Runner,
  { organizationId, projectId }: Pick<QueueFilter, 'organizationId' | 'projectId'>,
): Promise<readonly ForecastQuality[]> {
  return runner.rows<ForecastQuality>(sql`
    with started as (
      select f.kind, abs(extract(epoch from f.started_at - f.expected_at)) * 1000 as error, greatest(0, extract(epoch from f.started_at - f.made_at)) * 1000 as wait
      from forecasts f join jobs j on j.id = f.job_id join projects p on p.id = j.project_id
      where f.started_at > now() - interval '1 day' ${organizationId === undefined ? empty : sql`and p.organization_id = ${organizationId}`}
        ${projectId === undefined ? empty : sql`and p.id = ${projectId}`})
    select kind, count(*)::int as jobs, percentile_cont(0.5) within group (order by error)::float8 as "medianErrorMs",
      percentile_cont(0.9) within group (order by error)::float8 as "p90ErrorMs", percentile_cont(0.5) within group (order by wait)::float8 as "medianWaitMs",
      (sum(error) filter (where wait >= ${shortWaitMs}) / sum(wait) filter (where wait >= ${shortWaitMs}))::float8 as "errorShare"
    from started group by kind order by kind`)
}
