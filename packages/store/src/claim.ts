import {
  type ClaimedTask,
  type ClaimQuery,
  type ClaimTerms,
  nextLine,
  patienceMs,
  type QueueLine,
  type QueueShare,
  type RunningTasks,
  type TaskLimit,
  withOneMore,
} from '@rondo/model'
import sql from 'sql-template-tag'
import { heardOf, takingTasks } from './agents.ts'
import type { Database, Runner } from './database.ts'
import {
  type LoadedLine,
  lineOf,
  queueLines,
  readGiven,
  readLimits,
  readRunning,
  readShares,
  waitingFor,
} from './queue-view.ts'

const reservationMs = 30_000
/** Tasks of a line that are looked at together. */
const mostHeads = 64
/** Another process may take the same tasks at the same time; then others are chosen, this often. */
const tries = 4

interface View {
  readonly lines: readonly LoadedLine[]
  readonly limits: readonly TaskLimit[]
  readonly running: readonly RunningTasks[]
  readonly shares: readonly QueueShare[]
  readonly given: readonly RunningTasks[]
}

/** One agent's request while tasks are chosen for it. */
interface Asker {
  readonly request: ClaimQuery
  readonly free: { cpus: number; memoryMb: number; tasks: number }
  readonly claimed: ClaimedTask[]
  done: boolean
}

interface Choice {
  readonly asker: Asker
  readonly line: LoadedLine
  readonly taskId: string
}

/**
 * Takes queued tasks for some agents, in the order in which they asked, one task after the other until nothing fits; whose
 * turn it is, `nextLine` decides. A class larger than the machine counts as the whole machine. However many agents ask and
 * tasks are taken, it is the same few statements; when nothing waits, two looks at indexes.
 */
export async function claimTasks(
  database: Database,
  requests: readonly ClaimQuery[],
): Promise<readonly (readonly ClaimedTask[])[]> {
  const agentIds = [...new Set(requests.map((request) => request.agentId))]
  const executors = [...new Set(requests.flatMap((request) => request.executors))]
  const [, waits] = await Promise.all([heardOf(database.prepared, agentIds), waitingFor(database.prepared, executors)])
  if (waits.length === 0) return requests.map(() => [])
  return database.transact(async (tx) => {
    // Limits are held before what runs is counted.
    const [taking, limits, running, shares] = await Promise.all([
      takingTasks(tx, agentIds),
      readLimits(tx, { hold: true }),
      readRunning(tx),
      readShares(tx),
    ])
    const given = await readGiven(tx, shares)
    const askers = requests.map(
      (request): Asker => ({ request, free: { ...request.free }, claimed: [], done: !taking.has(request.agentId) }),
    )
    const wanted = askers.reduce((sum, asker) => sum + asker.free.tasks, 0)
    // One more than is wanted: what is behind the last tells whether a line goes on, which is asked when one has run out.
    const heads = Math.max(1, Math.min(mostHeads, wanted + 1))
    const missed: string[] = []
    let view: View = { lines: [], limits, running, shares, given }
    for (let round = 0; round < tries && askers.some((asker) => !asker.done); ) {
      const lines = await queueLines(tx, { executors, heads, without: missed })
      const chosen = await choose(tx, { ...view, lines }, askers, heads)
      const taken = await take(tx, chosen.choices)
      view = { ...chosen.view, lines: [] }
      const left = chosen.choices.filter(({ taskId }) => !taken.has(taskId))
      missed.push(...left.map(({ taskId }) => taskId))
      for (const { asker, taskId, line } of chosen.choices) settle(asker, line, taken.get(taskId))
      if (left.length > 0) round++
      else if (!chosen.more) break
    }
    return askers.map((asker) => asker.claimed)
  })
}

/** Gives back the room of a task that another process has taken. */
function settle(asker: Asker, line: LoadedLine, task: ClaimedTask | undefined): void {
  if (task !== undefined) {
    asker.claimed.push(task)
    return
  }
  const { machine } = asker.request
  asker.free.tasks++
  asker.free.cpus += Math.min(line.cpus, machine.cpus)
  asker.free.memoryMb += Math.min(line.memoryMb, machine.memoryMb)
  asker.done = false
}

/** `more`: a line may go on behind what was loaded of it, and somebody still has room. */
async function choose(
  tx: Runner,
  before: View,
  askers: readonly Asker[],
  heads: number,
): Promise<{ readonly choices: readonly Choice[]; readonly view: View; readonly more: boolean }> {
  const choices: Choice[] = []
  let view = before
  for (const asker of askers) {
    if (asker.done) continue
    const { request, free } = asker
    const own = new Set(request.executors)
    let passed = new Set<string>()
    while (free.tasks > 0) {
      const lines = view.lines.flatMap((line) =>
        own.has(line.executor) && !passed.has(keyOf(line)) ? (withoutReserved(line, request.agentId) ?? []) : [],
      )
      const next = nextLine({ ...view, lines }, { free, machine: request.machine, patientUntil: -patienceMs })
      if (next === undefined) break
      const line = view.lines.find((one) => keyOf(one) === keyOf(next.line))!
      if (next.action === 'hold') {
        if (await reserve(tx, request.agentId, next.line.taskId)) break
        passed = new Set([...passed, keyOf(line)])
        continue
      }
      const { taskId } = next.line
      choices.push({ asker, line, taskId })
      free.tasks--
      free.cpus -= Math.min(line.cpus, request.machine.cpus)
      free.memoryMb -= Math.min(line.memoryMb, request.machine.memoryMb)
      const rest = line.heads.filter((task) => task.taskId !== taskId)
      const goesOn = lineOf(line, rest)
      // Nobody is chosen past the end of what is known: who comes next in this line is not.
      if (goesOn === undefined && line.loaded === heads) return { choices, view: withOneMoreOf(view, line), more: true }
      view = {
        ...withOneMoreOf(view, line),
        lines: view.lines.flatMap((one) => (one === line ? (goesOn ?? []) : one)),
      }
    }
    asker.done = true
  }
  return { choices, view, more: false }
}

/** What another agent makes room for is that agent's: a line is as old as the first task that it has for this one. */
function withoutReserved(line: LoadedLine, agentId: string): LoadedLine | undefined {
  if (line.heads.every((task) => task.reservedBy === null)) return line
  return lineOf(
    line,
    line.heads.filter((task) => task.reservedBy === null || task.reservedBy === agentId),
  )
}

function withOneMoreOf(view: View, line: LoadedLine): View {
  const { running, given = view.given } = withOneMore(view, line)
  return { ...view, running, given }
}

function keyOf(line: QueueLine): string {
  return [line.executor, line.projectId, line.resourceClass, line.cpus, line.memoryMb].join()
}

/**
 * Takes the chosen tasks that no other process holds; `skip locked` keeps claimers off each other's rows. The phase is
 * compared so that no index of waiting tasks answers it: they are found by their ids, not among all that wait; for the same
 * reason the ids are a list and not joined.
 */
async function take(tx: Runner, choices: readonly Choice[]): Promise<ReadonlyMap<string, ClaimedTask>> {
  if (choices.length === 0) return new Map()
  const wanted = choices.map(({ taskId, asker: { request } }) => ({
    taskId,
    agentId: request.agentId,
    leaseMs: request.leaseMs,
    cpus: request.machine.cpus,
    memoryMb: request.machine.memoryMb,
  }))
  const rows = await tx.rows<ClaimedTask & { taskId: string }>(sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w("taskId" uuid, "agentId" uuid, "leaseMs" float8, cpus real, "memoryMb" int)
    ), next as (
      select t.id, uuidv7() as fresh from tasks t where t.id = any(${wanted.map(({ taskId }) => taskId)}::uuid[]) and t.phase || '' = 'queued' for update skip locked
    ), taken as (
      update tasks t set phase = 'running', attempts = t.attempts + 1, epoch = t.epoch + 1, attempt_id = next.fresh, reserved_by = null, reserved_until = null
      from next where t.id = next.id returning t.*
    ), attempt as (
      insert into attempts (id, task_id, number, epoch, agent_id, lease_expires_at)
      select t.attempt_id, t.id, t.attempts, t.epoch, w."agentId", now() + w."leaseMs" * interval '1 ms' from taken t join wanted w on w."taskId" = t.id
    ), recorded as (
      insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, job_id, data)
      select 'task.claimed', t.organization_id, t.project_id, f.pipeline_id, f.id, t.job_id,
        jsonb_build_object('slice', t.index, 'attempt', t.attempts, 'agent', g.name, 'waitedMs', (extract(epoch from now() - t.queued_at) * 1000)::bigint)
      from taken t join wanted w on w."taskId" = t.id join jobs j on j.id = t.job_id join workflows f on f.id = j.workflow_id join agents g on g.id = w."agentId"
    )
    select t.id as "taskId", t.attempt_id as "attemptId", t.epoch, least(t.cpus, w.cpus) as cpus, least(t.memory_mb, w."memoryMb") as "memoryMb",
      j.name as "jobName", pg_notify('rondo', 'events')::text as told
    from taken t join wanted w on w."taskId" = t.id join jobs j on j.id = t.job_id`)
  return new Map(
    rows.map(({ taskId, attemptId, epoch, cpus, memoryMb, jobName }) => [
      taskId,
      { attemptId, epoch, cpus, memoryMb, jobName },
    ]),
  )
}

/** False: another agent makes room for it already. */
async function reserve(tx: Runner, agentId: string, taskId: string): Promise<boolean> {
  const rows = await tx.rows(sql`
    update tasks set reserved_by = ${agentId}, reserved_until = now() + ${reservationMs} * interval '1 ms'
    where id = (select id from tasks where id = ${taskId} and phase = 'queued'
      and (reserved_by is null or reserved_by = ${agentId} or reserved_until < now()) for update skip locked) returning id`)
  return rows.length > 0
}

/** Claims whose answer never reached the agent, so that none waits for its lease to run out. What it names, it has: that keeps its lease. */
export async function claimsUnknown(
  runner: Runner,
  agentId: string,
  known: readonly string[],
  terms: ClaimTerms,
): Promise<readonly ClaimedTask[]> {
  const allowed = sql`not exists (select from agents g where g.id = ${agentId} and g.revoked_at is not null)`
  const own = sql`agent_id = ${agentId} and ${allowed} and id = any(${[...known]}::uuid[]) and phase <> 'finished'`
  return runner.rows<ClaimedTask>(sql`
    with named as (update attempts set lease_expires_at = now() + ${terms.leaseMs} * interval '1 ms' where ${own})
    update attempts a set lease_expires_at = now() + ${terms.leaseMs} * interval '1 ms' from tasks t join jobs j on j.id = t.job_id
    where t.id = a.task_id and t.attempt_id = a.id and a.agent_id = ${agentId} and ${allowed} and a.phase = 'claimed' and not a.id = any(${[...known]}::uuid[])
    returning a.id as "attemptId", a.epoch, least(t.cpus, ${terms.machine.cpus}) as cpus, least(t.memory_mb, ${terms.machine.memoryMb}) as "memoryMb",
      j.name as "jobName"`)
}
