import {
  agentSilentAfterMs,
  type JobStatus,
  type LockWait,
  limitOn,
  type QueueWait,
  type WaitFacts,
} from '@rondo/model'
import sql, { type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { readLimits, readRunning } from './queue-view.ts'

interface JobWait {
  readonly id: string
  readonly status: JobStatus
  readonly waitedMs: number
  readonly requires: readonly string[]
}

/** What is known of a job that waits: what stands before it, and what could take it. */
export async function readWait(runner: Runner, jobId: string, slug: Sql): Promise<WaitFacts | undefined> {
  const [job] = await runner.rows<JobWait>(sql`
    select j.id, j.status, (extract(epoch from now() - coalesce(j.queued_at, j.created_at)) * 1000)::float8 as "waitedMs",
      coalesce((select jsonb_agg(r.name order by r.position) from jobs r
        where r.workflow_id = j.workflow_id and r.stopped_at is null and j.requires @> jsonb_build_array(jsonb_build_object('node', r.name))), '[]') as requires
    from jobs j where j.id = ${jobId}`)
  if (job === undefined) return undefined
  return {
    jobId: job.id,
    status: job.status,
    waitedMs: job.waitedMs,
    requires: job.status === 'blocked' ? job.requires : [],
    lock: job.status === 'not_running' ? await readLock(runner, jobId, slug) : null,
    queue: job.status === 'queued' || job.status === 'running' ? await readQueue(runner, jobId) : null,
  }
}

async function readLock(runner: Runner, jobId: string, slug: Sql): Promise<LockWait | null> {
  const [row] = await runner.rows<{ key: string; ahead: number; holder: LockWait['holder'] }>(sql`
    select q.key, (select count(*)::int from lock_queue b where b.organization_id = q.organization_id and b.key = q.key and b.id < q.id) as ahead,
      (select jsonb_build_object('projectSlug', ${slug}, 'pipelineNumber', h.pipeline_number, 'workflowId', h.workflow_id)
        from lock_queue h join projects p on p.id = h.project_id join organizations o on o.id = p.organization_id
        where h.organization_id = q.organization_id and h.key = q.key and h.held) as holder
    from lock_queue q where q.job_id = ${jobId} and not q.held`)
  return row ?? null
}

async function readQueue(runner: Runner, jobId: string): Promise<QueueWait | null> {
  // Ids of attempts rise with time. As a parameter the planner knows how few are younger; from an expression it would not.
  const [since] = await runner.rows<{ id: string }>(sql`select uuidv7(interval '-10 minutes') as id`)
  const [row] = await runner.rows<
    Omit<QueueWait, 'limit'> & { organizationId: string; projectId: string; promoted: boolean }
  >(sql`
    with mine as (select * from tasks where job_id = ${jobId} and phase = 'queued' order by promoted_at, queued_at, id limit 1),
      alive as (select name, executors, case when draining_since is not null then 'An administrator drains it.' else condition ->> 'refusal' end as refusal from agents where seen_at > now() - ${agentSilentAfterMs} * interval '1 ms')
    select m.executor, m.resource_class as "resourceClass", m.organization_id as "organizationId", m.project_id as "projectId",
      m.promoted_at is not null as promoted,
      (select count(*)::int from tasks t where t.phase = 'queued' and t.executor = m.executor and t.id <> m.id
        and (coalesce(t.promoted_at, 'infinity'), t.queued_at, t.id) < (coalesce(m.promoted_at, 'infinity'), m.queued_at, m.id)) as ahead,
      (select count(*)::int from alive where executors ? m.executor and refusal is null) as "fittingAgents",
      coalesce((select jsonb_agg(jsonb_build_object('agent', name, 'why', refusal) order by name) from alive
        where executors ? m.executor and refusal is not null), '[]') as refusals,
      (select count(*)::int from alive where not executors ? m.executor) as "otherAgents",
      (select count(*)::int from attempts a join tasks t on t.id = a.task_id where a.id > ${since?.id} and t.executor = m.executor) as "startsInTenMinutes",
      (select greatest(0, extract(epoch from f.expected_at - now()) * 1000)::float8 from forecasts f where f.task_id = m.id) as "expectedMs"
    from mine m`)
  if (row === undefined) return null
  const { organizationId, projectId, promoted, ...wait } = row
  const [running, limits] = [await readRunning(runner), await readLimits(runner, { hold: false })]
  const limit = limitOn({ organizationId, projectId, resourceClass: wait.resourceClass }, { running, limits })
  return { ...wait, limit: promoted ? null : (limit ?? null) }
}
