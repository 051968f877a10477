import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** Never the newest of the project: its page says what the project does. */
export async function oldestPipeline(
  runner: Runner,
  projectId: string,
  days: number,
  limit: number,
): Promise<{ id: string; stepIds: readonly string[] } | undefined> {
  const [pipeline] = await runner.rows<{ id: string }>(sql`
    select pl.id from pipelines pl where pl.project_id = ${projectId} and pl.created_at < now() - ${days} * interval '1 day'
      and not exists (select from workflows w where w.pipeline_id = pl.id and w.stopped_at is null)
      and pl.number < (select max(number) from pipelines n where n.project_id = ${projectId})
    order by pl.created_at, pl.id limit 1`)
  if (pipeline === undefined) return undefined
  const steps = await runner.rows<{ id: string }>(sql`
    select s.id from workflows w join jobs j on j.workflow_id = w.id join tasks t on t.job_id = j.id join attempts a on a.task_id = t.id
      join steps s on s.attempt_id = a.id where w.pipeline_id = ${pipeline.id} and not s.output_expired limit ${limit}`)
  return { id: pipeline.id, stepIds: steps.map((step) => step.id) }
}

/**
 * Takes at most `limit` jobs with all their rows, the newest first, since newer ones name older ones; at last the rest. A
 * rerun that began since the pipeline was chosen saves it: whoever makes a workflow shares the pipeline's row, so nothing can
 * begin in it from here to the commit.
 */
export async function dropPipelinePart(tx: Runner, id: string, limit: number): Promise<boolean> {
  await tx.rows(sql`select from pipelines where id = ${id} for update`)
  const open = await tx.rows(sql`select from workflows where pipeline_id = ${id} and stopped_at is null limit 1`)
  if (open.length > 0) return true
  const jobs = await tx.rows<{ id: string }>(sql`
    select j.id from workflows w join jobs j on j.workflow_id = w.id where w.pipeline_id = ${id} order by w.id desc, j.position desc limit ${limit}`)
  if (jobs.length > 0) {
    await dropJobs(
      tx,
      jobs.map((job) => job.id),
    )
    return false
  }
  await tx.rows(sql`delete from workflows where pipeline_id = ${id}`)
  await tx.rows(sql`delete from pipeline_configs where pipeline_id = ${id}`)
  await tx.rows(sql`delete from events where pipeline_id = ${id}`)
  await tx.rows(sql`delete from pipelines where id = ${id}`)
  return true
}

async function dropJobs(tx: Runner, jobIds: readonly string[]): Promise<void> {
  const ids = sql`any(${[...jobIds]}::uuid[])`
  const attempts = sql`select a.id from tasks t join attempts a on a.task_id = t.id where t.job_id = ${ids}`
  await tx.rows(sql`delete from steps where attempt_id in (${attempts})`)
  await tx.rows(sql`delete from attempts where task_id in (select id from tasks where job_id = ${ids})`)
  await tx.rows(sql`delete from tasks where job_id = ${ids}`)
  await tx.rows(sql`delete from artifacts where job_id = ${ids}`)
  await tx.rows(sql`delete from workspace_layers where job_id = ${ids}`)
  await tx.rows(sql`delete from test_results where job_id = ${ids}`)
  await tx.rows(sql`delete from lock_queue where job_id = ${ids}`)
  await tx.rows(sql`delete from jobs where id = ${ids}`)
}
