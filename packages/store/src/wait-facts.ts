import {
  agentSilentAfterMs,
  type JobStatus,
  type JobsBefore,
  type LockWait,
  limitOn,
  type QueueWait,
  type WaitFacts,
} from '@rondo/model'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { blockedWork } from './lock-queue.ts'
import { readLimits, readRunning } from './queue-view.ts'

/** Why an agent takes nothing new; null: it does. */
export const refusal = raw(
  `case when draining_since is not null then 'An administrator drains it.' else condition ->> 'refusal' end`,
)

interface JobWait {
  readonly id: string
  readonly status: JobStatus
  readonly waitedMs: number
  readonly slices: number
}

/** What is known of a job that waits: what stands before it, and what could take it. */
export async function readWait(runner: Runner, jobId: string, slug: Sql): Promise<WaitFacts | undefined> {
  const [job] = await runner.rows<JobWait>(sql`
    select j.id, j.status, j.parallelism as slices, (extract(epoch from now() - coalesce(j.queued_at, j.created_at)) * 1000)::float8 as "waitedMs"
    from jobs j where j.id = ${jobId}`)
  if (job === undefined) return undefined
  const { slices, ...known } = job
  const queue = job.status === 'queued' || job.status === 'running' ? await readQueue(runner, jobId) : undefined
  return {
    jobId: known.id,
    status: known.status,
    waitedMs: known.waitedMs,
    before: job.status === 'blocked' ? await readBefore(runner, jobId) : nothingBefore,
    lock: job.status === 'not_running' ? await readLock(runner, jobId, slug) : null,
    queue: queue === undefined ? null : { ...queue, slices },
  }
}

const nothingBefore: JobsBefore = { requires: [], approvals: [], unlessPassed: [] }

/** Along requirements that are open: each step reads rows of the jobs it came to, never the whole graph. */
async function readBefore(runner: Runner, jobId: string): Promise<JobsBefore> {
  const [row] = await runner.rows<JobsBefore>(sql`
    with recursive before as (
      select required_id as id, true as direct, not statuses ? 'success' as unless from open_requirements where job_id = ${jobId}
      union select r.required_id, false, not r.statuses ? 'success' from before b join open_requirements r on r.job_id = b.id
    ), named as (
      select j.name, j.position, bool_or(b.direct) as direct, bool_or(b.unless) as unless, j.type = 'approval' as approval
      from before b join jobs j on j.id = b.id where j.stopped_at is null group by j.id)
    select coalesce(jsonb_agg(name order by position) filter (where direct), '[]') as requires,
      coalesce(jsonb_agg(name order by position) filter (where approval), '[]') as approvals,
      coalesce(jsonb_agg(name order by position) filter (where unless), '[]') as "unlessPassed" from named`)
  return row ?? nothingBefore
}

async function readLock(runner: Runner, jobId: string, slug: Sql): Promise<LockWait | null> {
  const [row] = await runner.rows<LockWait>(sql`
    select q.key, ${blockedWork(sql`q`)} as blocked, (select count(*)::int from lock_queue b where b.organization_id = q.organization_id and b.key = q.key
        and (b.held or (b.id < q.id and not ${blockedWork(sql`b`)}))) as ahead,
      (select jsonb_build_object('projectSlug', ${slug}, 'pipelineNumber', h.pipeline_number, 'workflowId', h.workflow_id,
          'blocked', ${blockedWork(sql`h`)})
        from lock_queue h join projects p on p.id = h.project_id join organizations o on o.id = p.organization_id
        where h.organization_id = q.organization_id and h.key = q.key and h.held) as holder
    from lock_queue q where q.job_id = ${jobId} and not q.held`)
  return row ?? null
}

async function readQueue(runner: Runner, jobId: string): Promise<Omit<QueueWait, 'slices'> | undefined> {
  // Ids of attempts rise with time. As a parameter the planner knows how few are younger; from an expression it would not.
  const [since] = await runner.rows<{ id: string }>(sql`select uuidv7(interval '-10 minutes') as id`)
  const [row] = await runner.rows<
    Omit<QueueWait, 'limit' | 'slices'> & { organizationId: string; projectId: string }
  >(sql`
    with waiting as (select * from tasks where job_id = ${jobId} and phase = 'queued'),
      mine as (select * from waiting order by promoted_at, queued_at, id limit 1),
      alive as (select name, executors, cpus, ${refusal} as refusal
        from agents where revoked_at is null and seen_at > now() - ${agentSilentAfterMs} * interval '1 ms')
    select m.executor, m.resource_class as "resourceClass", m.organization_id as "organizationId", m.project_id as "projectId", m.cpus,
      m.promoted_at is not null as promoted, (select count(*)::int from waiting) as "waitingSlices",
      (select count(*)::int from tasks t where t.phase = 'queued' and t.executor = m.executor and t.id <> m.id
        and (coalesce(t.promoted_at, 'infinity'), t.queued_at, t.id) < (coalesce(m.promoted_at, 'infinity'), m.queued_at, m.id)) as "cameBefore",
      (select count(*)::int from alive where executors ? m.executor and refusal is null) as "fittingAgents",
      (select max(cpus)::float8 from alive where executors ? m.executor and refusal is null) as "largestCpus",
      coalesce((select jsonb_agg(jsonb_build_object('agent', name, 'why', refusal) order by name) from alive
        where executors ? m.executor and refusal is not null), '[]') as refusals,
      (select count(*)::int from alive where not executors ? m.executor) as "otherAgents",
      (select count(*)::int from attempts a join tasks t on t.id = a.task_id where a.id > ${since?.id} and t.executor = m.executor) as "startsInTenMinutes"
    from mine m`)
  if (row === undefined) return undefined
  const { organizationId, projectId, ...wait } = row
  const [running, limits] = [await readRunning(runner), await readLimits(runner, { hold: false })]
  const limit = limitOn({ organizationId, projectId, resourceClass: wait.resourceClass }, { running, limits })
  return { ...wait, limit: wait.promoted ? null : (limit ?? null) }
}
