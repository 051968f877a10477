import type { ForecastQuality } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** How far off the foretold starts of the last day were. */
export async function forecastQuality(runner: Runner): Promise<ForecastQuality> {
  const [row] = await runner.rows<ForecastQuality>(sql`
    with errors as (select abs(extract(epoch from started_at - expected_at)) * 1000 as ms from forecasts where started_at > now() - interval '1 day')
    select count(*)::int as jobs, percentile_cont(0.5) within group (order by ms)::float8 as "medianErrorMs",
      percentile_cont(0.9) within group (order by ms)::float8 as "p90ErrorMs" from errors`)
  return row ?? { jobs: 0, medianErrorMs: null, p90ErrorMs: null }
}
