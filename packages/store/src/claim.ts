import {
  type ClaimedTask,
  type ClaimQuery,
  type ClaimTerms,
  nextLine,
  type QueueLine,
  type QueueView,
  withOneMore,
} from '@rondo/model'
import sql from 'sql-template-tag'
import { takesTasks } from './agents.ts'
import type { Database, Runner } from './database.ts'
import { queueLines, readLimits, readRunning } from './queue-view.ts'

/** A task that did not fit for this long gets an agent that makes room for it. */
const patienceMs = 60_000
const reservationMs = 30_000

/**
 * Takes queued tasks one after the other until nothing fits; whose turn it is, `nextLine` decides. A class larger than the
 * machine counts as the whole machine. When nothing waits, a claim is one look at an index of waiting tasks.
 */
export async function claimTasks(database: Database, request: ClaimQuery): Promise<readonly ClaimedTask[]> {
  if ((await queueLines(database, request.executors)).length === 0) {
    await heardOf(database, request.agentId)
    return []
  }
  return database.transact(async (tx) => {
    if (!(await takesTasks(tx, request.agentId))) return []
    const limits = await readLimits(tx, { hold: true })
    const lines = await queueLines(tx, request.executors)
    const claimed = await takeInTurn(tx, request, { lines, limits, running: await readRunning(tx) })
    await heardOf(tx, request.agentId)
    if (claimed.length > 0) await recordClaims(tx, request.agentId, claimed)
    return claimed
  })
}

async function takeInTurn(tx: Runner, request: ClaimQuery, before: QueueView): Promise<readonly ClaimedTask[]> {
  const claimed: ClaimedTask[] = []
  const free = { ...request.free }
  const patientUntil = -patienceMs
  let view = before
  while (claimed.length < request.free.tasks) {
    const next = nextLine(view, { free, machine: request.machine, patientUntil })
    if (next === undefined) break
    if (next.action === 'hold') {
      if (await reserve(tx, request.agentId, next.line)) break
      view = without(view, next.line)
      continue
    }
    const task = await takeOne(tx, request, next.line)
    if (task === undefined) {
      view = without(view, next.line)
      continue
    }
    claimed.push(task)
    free.cpus -= task.cpus
    free.memoryMb -= task.memoryMb
    view = await goOn(tx, withOneMore(view, next.line), next.line)
  }
  return claimed
}

function without(view: QueueView, line: QueueLine): QueueView {
  return { ...view, lines: view.lines.filter((other) => other !== line) }
}

/** The line as it is behind the task that was taken. */
async function goOn(tx: Runner, view: QueueView, line: QueueLine): Promise<QueueView> {
  const [rest] = await tx.rows<Pick<QueueLine, 'promoted' | 'since' | 'taskId'>>(sql`
    select promoted_at is not null as promoted, (extract(epoch from coalesce(promoted_at, queued_at) - now()) * 1000)::float8 as since, id as "taskId"
    from tasks where ${inLine(line)} order by promoted_at, queued_at, id limit 1`)
  const others = without(view, line)
  return rest === undefined ? others : { ...others, lines: [...others.lines, { ...line, ...rest }] }
}

const inLine = (
  line: QueueLine,
) => sql`phase = 'queued' and executor = ${line.executor} and organization_id = ${line.organizationId}
  and project_id = ${line.projectId} and resource_class = ${line.resourceClass} and cpus = ${line.cpus}::real and memory_mb = ${line.memoryMb}`

/** The first of a line that no other claimer holds; `skip locked` keeps claimers off each other's rows. */
async function takeOne(tx: Runner, request: ClaimQuery, line: QueueLine): Promise<ClaimedTask | undefined> {
  const rows = await tx.rows<ClaimedTask>(sql`
    with next as (
      select id from tasks where ${inLine(line)} and (reserved_by is null or reserved_by = ${request.agentId} or reserved_until < now())
      order by promoted_at, queued_at, id limit 1 for update skip locked
    ), fresh as (select uuidv7() as id), taken as (
      update tasks t set phase = 'running', attempts = t.attempts + 1, epoch = t.epoch + 1, attempt_id = fresh.id, reserved_by = null, reserved_until = null
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

/** False: another agent makes room for it already. */
async function reserve(tx: Runner, agentId: string, line: QueueLine): Promise<boolean> {
  const rows = await tx.rows(sql`
    update tasks set reserved_by = ${agentId}, reserved_until = now() + ${reservationMs} * interval '1 ms'
    where id = (select id from tasks where id = ${line.taskId} and phase = 'queued'
      and (reserved_by is null or reserved_by = ${agentId} or reserved_until < now()) for update skip locked) returning id`)
  return rows.length > 0
}

/** Written at most every ten seconds: an idle agent asks far more often. */
export async function heardOf(runner: Runner, agentId: string): Promise<void> {
  await runner.rows(
    sql`update agents set seen_at = now() where id = ${agentId} and seen_at < now() - interval '10 seconds'`,
  )
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
    select 'task.claimed', t.organization_id, t.project_id, w.pipeline_id, w.id, j.id,
      jsonb_build_object('slice', t.index, 'attempt', t.attempts, 'agent', g.name, 'waitedMs', (extract(epoch from now() - t.queued_at) * 1000)::bigint)
    from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id join workflows w on w.id = j.workflow_id
      join agents g on g.id = ${agentId}
    where a.id = any(${claimed.map((task) => task.attemptId)}::uuid[])`)
  await runner.rows(sql`select pg_notify('rondo', 'events')`)
}
