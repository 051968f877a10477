import {
  agentSilentAfterMs,
  type ForecastAgent,
  type ForecastFacts,
  type ForecastJob,
  type ForecastLine,
  type ForecastLock,
  type ForecastRunning,
} from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'
import { queueLines, readGiven, readLimits, readShares } from './queue-view.ts'
import { usualHandover, usualLengths } from './usual-lengths.ts'

/** So many waiting tasks are looked at, in equal parts of all lines, but of each line so many at least. */
const depth = 1_000
const leastHeads = 16
const mostLocks = 1_000
const mostJobs = 5_000
const executors = ['docker', 'machine', 'macos']

/** Undefined: nothing waits. What is read is bounded, however much waits; nothing is locked, and readings may differ by a moment. */
export async function forecastFacts(runner: Runner): Promise<ForecastFacts | undefined> {
  const [lines, locks] = await Promise.all([readLines(runner), readLocks(runner)])
  const blocked = lines.length + locks.length === 0 ? await somethingIsBlocked(runner) : true
  if (!blocked) return undefined
  const [running, agents, limits, shares] = await Promise.all([
    readTasks(runner),
    readAgents(runner),
    readLimits(runner, { hold: false }),
    readShares(runner),
  ])
  const jobIds = [...lines.flatMap((line) => line.tasks), ...running].map((task) => task.jobId)
  const [jobs, given, handoverMs] = await Promise.all([
    readJobs(runner, jobIds, locks),
    readGiven(runner, shares),
    usualHandover(runner),
  ])
  return { agents, running, lines, jobs, locks, handoverMs, limits, shares, given }
}

async function readLines(runner: Runner): Promise<readonly ForecastLine[]> {
  const heads = sql`(select greatest(${leastHeads}::bigint, ${depth}::bigint / greatest(count(*), 1)) from lines)`
  const lines = await queueLines(runner, { executors, heads, without: [] })
  const whole = Math.max(leastHeads, Math.floor(depth / Math.max(1, lines.length)))
  const ids = lines.flatMap((line) => line.heads.map((head) => head.taskId))
  if (ids.length === 0) return []
  const rows = await runner.rows<{ id: string; jobId: string }>(
    sql`select id, job_id as "jobId" from tasks where id = any(${ids}::uuid[])`,
  )
  const jobOf = new Map(rows.map((row) => [row.id, row.jobId]))
  return lines.map(({ heads: first, loaded, taskId: _task, promoted: _promoted, since: _since, ...shape }) => ({
    ...shape,
    tasks: first.flatMap(({ taskId, promoted, since }) => {
      const jobId = jobOf.get(taskId)
      return jobId === undefined ? [] : [{ taskId, promoted, since, jobId }]
    }),
    goesOn: loaded >= whole,
  }))
}

function readLocks(runner: Runner): Promise<readonly ForecastLock[]> {
  return runner.rows<ForecastLock>(sql`
    select organization_id as "organizationId", project_id as "projectId", key, job_id as "jobId", workflow_id as "workflowId", held
    from lock_queue order by id limit ${mostLocks}`)
}

/** A requirement that is open belongs to a job that waits for it. */
async function somethingIsBlocked(runner: Runner): Promise<boolean> {
  return (await runner.rows(sql`select from open_requirements limit 1`)).length > 0
}

function readTasks(runner: Runner): Promise<readonly ForecastRunning[]> {
  return runner.rows<ForecastRunning>(sql`
    select t.job_id as "jobId", a.agent_id as "agentId", t.organization_id as "organizationId", t.project_id as "projectId",
      t.resource_class as "resourceClass", t.cpus, t.memory_mb as "memoryMb", (extract(epoch from now() - a.claimed_at) * 1000)::float8 as "elapsedMs"
    from tasks t join attempts a on a.id = t.attempt_id where t.phase = 'running' order by a.id limit ${mostJobs}`)
}

function readAgents(runner: Runner): Promise<readonly ForecastAgent[]> {
  return runner.rows<ForecastAgent>(sql`
    select id, executors, jsonb_build_object('cpus', cpus, 'memoryMb', memory_mb) as machine, (condition ->> 'maxTasks')::int as "maxTasks"
    from agents where seen_at > now() - ${agentSilentAfterMs} * interval '1 ms' and draining_since is null and revoked_at is null and condition ->> 'refusal' is null
    order by name`)
}

/** Of whole workflows: half of one would look as if the rest had ended. */
async function readJobs(
  runner: Runner,
  jobIds: readonly string[],
  locks: readonly ForecastLock[],
): Promise<readonly ForecastJob[]> {
  const rows = await runner.rows<Omit<ForecastJob, 'lengths'>>(sql`
    select j.id, j.workflow_id as "workflowId", p.organization_id as "organizationId", j.project_id as "projectId", j.name, j.type, j.status, j.requires,
      j.lock_key as "lockKey", j.executor, j.resource_class as "resourceClass",
      case when j.status in ('queued', 'running') then (select count(*)::int from tasks t where t.job_id = j.id and t.phase <> 'finished')
        else j.parallelism end as slices
    from jobs j join projects p on p.id = j.project_id
    where j.stopped_at is null and j.workflow_id in (
      select workflow_id from jobs where id = any(${[...new Set(jobIds)]}::uuid[]) union select unnest(${locks.map((lock) => lock.workflowId)}::uuid[]))
    order by j.workflow_id limit ${mostJobs}`)
  const cut = rows.length === mostJobs ? rows.at(-1)?.workflowId : undefined
  const whole = rows.filter((job) => job.workflowId !== cut || job.status === 'queued' || job.status === 'running')
  const lengths = await usualLengths(
    runner,
    whole.filter((job) => job.type === 'build'),
  )
  return whole.map((job) => ({ ...job, lengths: job.type === 'build' ? lengths.of(job) : [] }))
}
