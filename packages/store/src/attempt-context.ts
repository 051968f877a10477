import type { AttemptContext } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'
import { jobColumns, pipelineColumns, workflowColumns } from './rows.ts'

/** What each of some attempts runs with; undefined: there is no such attempt. Parts come as JSON, in which times are texts. */
export async function readContexts(
  runner: Runner,
  attemptIds: readonly string[],
): Promise<readonly (AttemptContext | undefined)[]> {
  const [rows, images] = await Promise.all([
    runner.rows<
      Pick<
        AttemptContext,
        | 'identity'
        | 'job'
        | 'workflow'
        | 'pipeline'
        | 'open'
        | 'actorLogin'
        | 'previousNumber'
        | 'claimedAt'
        | 'trustsForks'
        | 'ssh'
      > & {
        cpus: number
        memoryMb: number
        organizationName: string
        projectName: string
      }
    >(sql`
    select t.cpus, t.memory_mb as "memoryMb", o.name as "organizationName", p.name as "projectName", a.phase <> 'finished' and t.attempt_id = a.id as open,
      (select login from users where id = pl.triggered_by) as "actorLogin", a.claimed_at as "claimedAt",
      not coalesce((p.settings ->> 'disableSsh')::boolean, false) and exists (select from job_ssh_users where job_id = j.id) as ssh,
      coalesce((p.settings ->> 'forksReceiveSecretEnvVars')::boolean, false) as "trustsForks",
      -- No join, so that it stops at the first of the same branch.
      (select before.number from (select number, workflow_id from jobs where project_id = p.id and number < j.number order by number desc limit 100) before
        where (select bp.git ->> 'branch' from workflows bw join pipelines bp on bp.id = bw.pipeline_id where bw.id = before.workflow_id)
          is not distinct from pl.git ->> 'branch' order by before.number desc limit 1) as "previousNumber",
      jsonb_build_object('attemptId', a.id, 'epoch', a.epoch, 'taskId', t.id, 'taskIndex', t.index, 'jobId', j.id, 'workflowId', j.workflow_id,
        'pipelineId', w.pipeline_id, 'projectId', p.id, 'organizationId', o.id, 'granted', a.granted_at is not null) as identity,
      (select to_jsonb(r) from (select ${jobColumns}, j.plan) r) as job, (select to_jsonb(r) from (select ${workflowColumns}) r) as workflow,
      (select to_jsonb(r) from (select ${pipelineColumns}) r) as pipeline
    from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id join workflows w on w.id = j.workflow_id
      join pipelines wp on wp.id = w.pipeline_id join pipelines pl on pl.id = w.pipeline_id
      join projects p on p.id = j.project_id join organizations o on o.id = p.organization_id
    where a.id = any(${[...attemptIds]}::uuid[])`),
    earlierImages(runner, attemptIds),
  ])
  const contexts = new Map(
    rows.map(({ cpus, memoryMb, job, workflow, pipeline, ...context }) => [
      context.identity.attemptId,
      {
        ...context,
        job: withTimes(job),
        workflow: withTimes(workflow),
        pipeline: withTimes(pipeline),
        resources: { cpus, memoryMb },
        organizationId: context.identity.organizationId,
        imageDigests: images.get(context.identity.attemptId) ?? [],
      },
    ]),
  )
  return attemptIds.map((id) => contexts.get(id))
}

/** Times of a row that came as JSON; their names end with `At`. */
function withTimes<Row extends object>(row: Row): Row {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    name.endsWith('At') && typeof value === 'string' ? new Date(value) : value,
  ])
  return Object.fromEntries(entries)
}

/** What slices of the job said of its images; else what the job said of which it is the rerun, and so on. By attempt. */
async function earlierImages(
  database: Runner,
  attemptIds: readonly string[],
): Promise<ReadonlyMap<string, readonly (string | null)[]>> {
  const rows = await database.rows<{ attemptId: string; position: number; digest: string }>(sql`
    with recursive runs as (
      select a.id as attempt_id, j.id, j.workflow_id, j.name, 0 as age
      from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id where a.id = any(${[...attemptIds]}::uuid[])
      union all
      select r.attempt_id, j.id, j.workflow_id, j.name, r.age + 1
      from runs r join workflows w on w.id = r.workflow_id join jobs j on j.workflow_id = w.rerun_of and j.name = r.name
    )
    select distinct on (r.attempt_id, i.position) r.attempt_id as "attemptId", i.position, i.digest
    from runs r join job_images i on i.job_id = r.id order by r.attempt_id, i.position, r.age, i.node_index`)
  const images = new Map<string, (string | null)[]>()
  for (const { attemptId, position, digest } of rows) {
    const digests = images.get(attemptId) ?? []
    images.set(attemptId, digests)
    while (digests.length < position) digests.push(null)
    digests[position] = digest
  }
  return images
}
