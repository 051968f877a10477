import type { AllowedTimes, OverdueJob } from '@rondo/model'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'

/**
 * Jobs that have taken too long. Each part reads an index that holds only what is open: leases, waiting tasks, lock queues,
 * approvals. So a look costs what is overdue, whatever has finished before.
 */
export async function overdueJobs(
  runner: Runner,
  allowed: AllowedTimes,
  limit: number,
  exceptions: Readonly<Record<string, AllowedTimes>> = {},
): Promise<readonly OverdueJob[]> {
  const others = Object.keys(exceptions).length === 0 ? undefined : JSON.stringify(exceptions)
  // Of the job's own project, where that has it otherwise.
  const before = (name: keyof AllowedTimes): Sql =>
    others === undefined
      ? sql`now() - ${allowed[name]} * interval '1 ms'`
      : sql`now() - coalesce((${others}::jsonb -> j.project_id::text ->> ${name})::float8, ${allowed[name]}) * interval '1 ms'`
  const columns = (doing: OverdueJob['doing']) =>
    raw(`j.id as "jobId", j.workflow_id as "workflowId", '${doing}' as doing`)
  return runner.rows<OverdueJob>(sql`
    (select ${columns('run')} from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id
      where a.phase <> 'finished' and a.granted_at < ${before('runMs')} and j.status = 'running' order by a.granted_at limit ${limit})
    union (select ${columns('queue')} from tasks t join jobs j on j.id = t.job_id
      where t.phase = 'queued' and t.queued_at < ${before('queueMs')} and j.status = 'queued' order by t.queued_at limit ${limit})
    union (select ${columns('approval')} from jobs j
      where j.status = 'on_hold' and j.queued_at < ${before('approvalMs')} order by j.queued_at limit ${limit})
    union (select ${columns('lock')} from lock_queue q join jobs j on j.id = q.job_id
      where not q.held and q.since < ${before('lockMs')} order by q.since limit ${limit})`)
}
