import type { OldOutput } from '@rondo/model'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'

/** More events of a pipeline than these are taken in several transactions. */
const mostEvents = 5_000

/**
 * Whether a pipeline `pl` may go: all of it has ended, also on the agents that were asked to stop, and no continuation waits to be
 * compiled. Never the newest of the project: its page says what the project does.
 */
export const removable: Sql =
  raw(`(pl.state <> 'pending' and pl.number < (select max(number) from pipelines n where n.project_id = pl.project_id)
  and not exists (select from workflows w where w.pipeline_id = pl.id and w.stopped_at is null)
  and not exists (select from workflows w join jobs j on j.workflow_id = w.id join tasks t on t.job_id = j.id where w.pipeline_id = pl.id and t.phase <> 'finished'))`)

const stepsOf = (
  pipelineId: string,
): Sql => sql`from workflows w join jobs j on j.workflow_id = w.id join tasks t on t.job_id = j.id
  join attempts a on a.task_id = t.id join steps s on s.attempt_id = a.id where w.pipeline_id = ${pipelineId} and not s.output_expired`

/** One that was taken and is not cleared away yet comes before the oldest that is due. */
export async function oldestPipeline(
  runner: Runner,
  projectId: string,
  days: number,
  limit: number,
): Promise<({ readonly id: string } & Omit<OldOutput, 'jobIds'>) | undefined> {
  const [retired] = await runner.rows<{ id: string }>(
    sql`select id from retired_pipelines where project_id = ${projectId} order by retired_at, id limit 1`,
  )
  if (retired !== undefined) return { id: retired.id, stepIds: [], lostAttempts: [] }
  const [pipeline] = await runner.rows<{ id: string }>(sql`
    select pl.id from pipelines pl where pl.project_id = ${projectId} and pl.created_at < now() - ${days} * interval '1 day' and ${removable}
    order by pl.created_at, pl.id limit 1`)
  if (pipeline === undefined) return undefined
  const steps = await runner.rows<{ id: string }>(sql`select s.id ${stepsOf(pipeline.id)} limit ${limit}`)
  const lost = await runner.rows<{ id: string }>(sql`
    select a.id from workflows w join jobs j on j.workflow_id = w.id join tasks t on t.job_id = j.id join attempts a on a.task_id = t.id
    where w.pipeline_id = ${pipeline.id} and a.result = 'lost' and a.granted_at is not null limit ${limit}`)
  return { id: pipeline.id, stepIds: steps.map((step) => step.id), lostAttempts: lost.map((attempt) => attempt.id) }
}

/** First the pipeline, so that nothing of it is shown any more and nobody can rerun it; then what belonged to it, a part at a time. */
export async function dropPipelinePart(tx: Runner, id: string, limit: number): Promise<boolean> {
  const [retired] = await tx.rows(sql`select from retired_pipelines where id = ${id} for update`)
  return retired === undefined ? !(await retire(tx, id)) : clearAway(tx, id, limit)
}

/**
 * False: it stays. A rerun that began since it was chosen saves it: it holds its workflow, and whoever makes a workflow shares the
 * pipeline's row, so nothing can begin in it from here to the commit. One that began and ended meanwhile left output to be
 * taken first.
 */
async function retire(tx: Runner, id: string): Promise<boolean> {
  // Workflows before their pipeline, as a rerun takes them.
  await tx.rows(sql`select from workflows where pipeline_id = ${id} order by id for update`)
  await tx.rows(sql`select from pipelines where id = ${id} for update`)
  const [pipeline] = await tx.rows<{ projectId: string }>(sql`
    select pl.project_id as "projectId" from pipelines pl where pl.id = ${id} and ${removable} and not exists (select ${stepsOf(id)})`)
  if (pipeline === undefined) return false
  await tx.rows(sql`insert into retired_pipelines (id, project_id) values (${id}, ${pipeline.projectId})`)
  await tx.rows(sql`update workflows set pipeline_id = null, retired_from = ${id} where pipeline_id = ${id}`)
  await tx.rows(sql`delete from pipeline_configs where pipeline_id = ${id}`)
  await tx.rows(sql`delete from pipelines where id = ${id}`)
  return true
}

/** At most `limit` jobs with all their rows, the newest first, since newer ones name older ones; at last the rest. */
async function clearAway(tx: Runner, id: string, limit: number): Promise<boolean> {
  const jobs = await tx.rows<{ id: string }>(sql`
    select j.id from workflows w join jobs j on j.workflow_id = w.id where w.retired_from = ${id} order by w.id desc, j.position desc limit ${limit}`)
  if (jobs.length > 0) {
    await dropJobs(
      tx,
      jobs.map((job) => job.id),
    )
    return false
  }
  const events = await tx.rows(
    sql`delete from events where id in (select id from events where pipeline_id = ${id} limit ${mostEvents}) returning 1`,
  )
  if (events.length === mostEvents) return false
  await tx.rows(sql`delete from workflows where retired_from = ${id}`)
  await tx.rows(sql`delete from retired_pipelines where id = ${id}`)
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
  await tx.rows(sql`delete from job_images where job_id = ${ids}`)
  await tx.rows(sql`delete from lock_queue where job_id = ${ids}`)
  await tx.rows(sql`delete from jobs where id = ${ids}`)
}
