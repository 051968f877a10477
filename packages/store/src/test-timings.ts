import type { TestTiming, TimingKey } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Runner } from './database.ts'

const columns: Readonly<Record<TimingKey, string>> = {
  filename: 't.file',
  classname: 't.classname',
  testname: 't.name',
}
/** How far back a run on the same branch is looked for. */
const nearRuns = 200

/** See `EngineStore.testTimings`. The partial index `jobs_with_results` keeps it to the runs it looks at. */
export async function readTimings(runner: Runner, jobId: string, by: TimingKey): Promise<readonly TestTiming[]> {
  const column = columns[by]
  if (column === undefined) return []
  return runner.rows<TestTiming>(sql`
    with this as (
      select j.project_id, j.name, j.created_at, pl.git->>'branch' as branch from jobs j
      join workflows w on w.id = j.workflow_id join pipelines pl on pl.id = w.pipeline_id where j.id = ${jobId}
    ), recent as (
      select j.id, j.workflow_id, j.stopped_at from jobs j, this
      where j.project_id = this.project_id and j.name = this.name and j.status in ('success', 'failed')
        and j.stopped_at < this.created_at and exists (select 1 from test_results t where t.job_id = j.id)
      order by j.stopped_at desc limit ${nearRuns}
    ), chosen as (
      select recent.id from recent join workflows w on w.id = recent.workflow_id join pipelines pl on pl.id = w.pipeline_id, this
      order by pl.git->>'branch' is not distinct from this.branch desc, recent.stopped_at desc limit 1
    )
    select ${raw(column)} as name, sum(t.run_time) as seconds from test_results t join chosen on chosen.id = t.job_id
    where ${raw(column)} <> '' group by 1 order by 1`)
}
