import type { ClaimedTask, ClaimQuery, ClaimTerms } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/**
 * Takes queued tasks one after the other until nothing fits. A class larger than the machine counts as the whole machine.
 * `skip locked` keeps claimers off each other's rows; the partial index holds waiting tasks only, so the cost follows
 * the number of tasks that wait ahead and do not fit, never the number that finished.
 */
export async function claimTasks(runner: Runner, request: ClaimQuery): Promise<readonly ClaimedTask[]> {
  const claimed: ClaimedTask[] = []
  const free = { ...request.free }
  while (claimed.length < request.free.tasks) {
    const task = await claimOne(runner, request, free)
    if (task === undefined) break
    claimed.push(task)
    free.cpus -= task.cpus
    free.memoryMb -= task.memoryMb
  }
  if (claimed.length > 0) await recordClaims(runner, request.agentId, claimed)
  return claimed
}

/** Claims whose answer never reached the agent, so that none waits for its lease to run out. */
export async function claimsUnknown(
  runner: Runner,
  agentId: string,
  known: readonly string[],
  terms: ClaimTerms,
): Promise<readonly ClaimedTask[]> {
  return runner.rows<ClaimedTask>(sql`
    update attempts a set lease_expires_at = now() + ${terms.leaseMs} * interval '1 ms' from tasks t join jobs j on j.id = t.job_id
    where t.id = a.task_id and t.attempt_id = a.id and a.agent_id = ${agentId} and a.phase = 'claimed' and not a.id = any(${[...known]}::uuid[])
    returning a.id as "attemptId", a.epoch, least(t.cpus, ${terms.machine.cpus}) as cpus, least(t.memory_mb, ${terms.machine.memoryMb}) as "memoryMb",
      j.name as "jobName"`)
}

/** Who took what, and how long it had waited. */
async function recordClaims(runner: Runner, agentId: string, claimed: readonly ClaimedTask[]): Promise<void> {
  await runner.rows(sql`
    insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, job_id, data)
    select 'task.claimed', p.organization_id, j.project_id, w.pipeline_id, w.id, j.id,
      jsonb_build_object('slice', t.index, 'attempt', t.attempts, 'agent', g.name, 'waitedMs', (extract(epoch from now() - t.queued_at) * 1000)::bigint)
    from tasks t join jobs j on j.id = t.job_id join workflows w on w.id = j.workflow_id join projects p on p.id = j.project_id
      join agents g on g.id = ${agentId}
    where t.attempt_id = any(${claimed.map((task) => task.attemptId)}::uuid[])`)
  await runner.rows(sql`select pg_notify('rondo', 'events')`)
}

async function claimOne(
  runner: Runner,
  request: ClaimQuery,
  free: { cpus: number; memoryMb: number },
): Promise<ClaimedTask | undefined> {
  const rows = await runner.rows<ClaimedTask>(sql`
    with next as (
      select t.id from tasks t
      where t.phase = 'queued' and t.executor = any(${[...request.executors]})
        and least(t.cpus, ${request.machine.cpus}) <= ${free.cpus} and least(t.memory_mb, ${request.machine.memoryMb}) <= ${free.memoryMb}
      order by t.queued_at, t.id limit 1 for update skip locked
    ), fresh as (select uuidv7() as id), taken as (
      update tasks t set phase = 'running', attempts = t.attempts + 1, epoch = t.epoch + 1, attempt_id = fresh.id
      from next, fresh where t.id = next.id returning t.*
    ), attempt as (
      insert into attempts (id, task_id, number, epoch, agent_id, lease_expires_at)
      select attempt_id, id, attempts, epoch, ${request.agentId}, now() + ${request.leaseMs} * interval '1 ms' from taken
    )
    select taken.attempt_id as "attemptId", taken.epoch, least(taken.cpus, ${request.machine.cpus}) as cpus,
      least(taken.memory_mb, ${request.machine.memoryMb}) as "memoryMb", j.name as "jobName"
    from taken join jobs j on j.id = taken.job_id`)
  return rows[0]
}
