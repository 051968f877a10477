import type { Agent, Agents, RunningTask } from '@rondo/model'
import sql, { raw, type Sql } from 'sql-template-tag'
import { takeSeat } from './agent-seat.ts'
import { seenNow } from './agent-seen.ts'
import type { Database, Runner } from './database.ts'
import { leftAfter } from './join-agent.ts'

const agentColumns: Sql = raw(`a.id, a.name, a.hostname, a.cpus, a.memory_mb as "memoryMb", a.executors,
  (extract(epoch from now() - a.seen_at) * 1000)::float8 as "silentMs", a.draining_since as "drainingSince", a.condition,
  a.revoked_at as "revokedAt", a.rival_host as "rivalHost", a.rival_at as "rivalAt"`)
const runningTask: Sql =
  raw(`select a.agent_id as "agentId", j.id as "jobId", j.name as "jobName", o.name as "organizationName", p.name as "projectName",
    o.vcs_type as "vcsType", t.index as slice, a.claimed_at as since, a.phase = 'finished' as held
  from attempts a join tasks t on t.id = a.task_id and t.attempt_id = a.id join jobs j on j.id = t.job_id
    join projects p on p.id = j.project_id join organizations o on o.id = p.organization_id`)
/** That an agent has tasks, or keeps some for their owners. */
const busy: Sql = raw(`exists (select from attempts t where t.agent_id = a.id and t.phase <> 'finished')`)

/** The machines that run tasks. Those that never said hello have no executors and are no machines yet; those that left are none any more. */
export function createAgents(database: Database): Agents {
  return {
    list: () =>
      database.rows<Agent>(sql`
        select ${agentColumns} from agents a where a.executors <> '[]'::jsonb and (${busy} or (a.revoked_at is null and
          not (a.seen_at < now() - ${leftAfter}::interval and exists (select from agent_tokens t where t.agent_id = a.id and t.joined_by is not null))))
        order by a.name`),
    running: (agentId) =>
      database.rows<RunningTask>(sql`
        ${runningTask} where (a.phase <> 'finished' or a.held_until > now()) and (${agentId ?? null}::uuid is null or a.agent_id = ${agentId ?? null}::uuid)
        order by a.claimed_at, a.id limit 2000`),
    greet: (agentId, machine, seat) => database.transact((tx) => takeSeat(tx, { agentId, machine, seat })),
    async vacate(folder) {
      await database.rows(sql`update agents set seat_folder = null where seat_folder = ${folder}`)
    },
    heardOf: (agentIds) => heardOf(database.prepared, agentIds),
    async checkIn(agentId, condition) {
      const [row] = await database.rows<{ draining: boolean }>(sql`
        update agents set condition = ${JSON.stringify(condition)}::jsonb, ${seenNow} where id = ${agentId}
        returning draining_since is not null as draining`)
      return { draining: row?.draining ?? false }
    },
    setDraining: (agentId, draining, actorId) =>
      database.transact(async (tx) => {
        // Waits for claims of this agent that are under way: they hold the row.
        const [agent] = await tx.rows<Agent>(sql`
          update agents a set draining_since = case when ${draining} then coalesce(a.draining_since, now()) end
          where a.id = ${agentId} returning ${agentColumns}`)
        if (agent === undefined) return undefined
        await recordChange(tx, agent, actorId)
        return { agent, ending: draining ? await endHolds(tx, agentId) : [] }
      }),
  }
}

/** What is kept for somebody to look around in does not keep a machine from being drained; answers what that was. */
async function endHolds(tx: Runner, agentId: string): Promise<readonly RunningTask[]> {
  await tx.rows(sql`
    insert into hold_orders (attempt_id, held_order) select id, '{"type": "drain"}'::jsonb from attempts where agent_id = ${agentId} and held_until > now()`)
  await tx.rows(sql`select pg_notify('rondo', 'stop')`)
  return tx.rows<RunningTask>(
    sql`${runningTask} where a.agent_id = ${agentId} and a.held_until > now() order by a.claimed_at, a.id`,
  )
}

async function recordChange(tx: Runner, agent: Agent, actorId: string): Promise<void> {
  const kind = agent.drainingSince === null ? 'agent.resumed' : 'agent.drained'
  await tx.rows(
    sql`insert into events (kind, actor_id, data) values (${kind}, ${actorId}, ${JSON.stringify({ agent: agent.name })}::jsonb)`,
  )
}

/** Those of the agents that may be given tasks; holds their rows until the end of the transaction, so that draining and revoking wait for it. */
export async function takingTasks(tx: Runner, agentIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.rows<{ id: string }>(
    sql`select id from agents where id = any(${[...agentIds]}::uuid[]) and draining_since is null and revoked_at is null order by id for no key update`,
  )
  return new Set(rows.map((row) => row.id))
}

/** Written at most every ten seconds: an idle agent asks far more often. */
export async function heardOf(runner: Runner, agentIds: readonly string[]): Promise<void> {
  await runner.rows(
    sql`update agents set ${seenNow} where id = any(${[...agentIds]}::uuid[]) and seen_at < now() - interval '10 seconds'`,
  )
}
