import type { AgentTokens } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** A machine that joined and was not heard of for so long has left: its name may be had by another. */
export const leftAfter = '1 day'

/** See `AgentTokens.join`. Machines that join by one token do so one after the other. */
export async function joinAgent(
  tx: Runner,
  given: Buffer,
  { name, folder, hash }: Parameters<AgentTokens['join']>[1],
): Promise<string | undefined> {
  const [token] = await tx.rows<{ id: string; name: string }>(sql`
    select id, name from agent_tokens where hash = ${given} and kind = 'join' and revoked_at is null and (expires_at is null or expires_at > now()) for update`)
  if (token === undefined) return undefined
  // The answer was lost, or the token with it: whoever knows the folder is the agent.
  const [known] = await tx.rows<{ name: string }>(sql`
    update agent_tokens set hash = ${hash} where joined_by = ${token.id} and folder = ${folder} and revoked_at is null returning name`)
  if (known !== undefined) return known.name
  // Who else joins by this token waits for its row.
  const [used] = await tx.rows(sql`
    update agent_tokens set uses_left = uses_left - 1 where id = ${token.id} and coalesce(uses_left > 0, true) returning id`)
  if (used === undefined) return undefined
  const free = await freeName(tx, name)
  await tx.rows(sql`
    with agent as (insert into agents (name, hostname, cpus, memory_mb, executors) values (${free}, '', 0, 0, '[]'::jsonb)
      on conflict (name) do update set revoked_at = null, draining_since = null, condition = null, seat_folder = null returning id),
      left_behind as (update agent_tokens set revoked_at = now() from agent where agent_id = agent.id and revoked_at is null)
    insert into agent_tokens (kind, name, agent_id, hash, joined_by, folder) select 'agent', ${free}, id, ${hash}, ${token.id}, ${folder} from agent`)
  await tx.rows(
    sql`insert into events (kind, data) values ('agent.joined', ${JSON.stringify({ agent: free, token: token.name })}::jsonb)`,
  )
  return free
}

/** The name, or the first of `name-2`, `name-3` … that nobody has. */
async function freeName(tx: Runner, name: string): Promise<string> {
  // Others that join by other tokens at this moment wait here; names are few, and chosen seldom.
  await tx.rows(sql`select pg_advisory_xact_lock(hashtext('rondo agent names'))`)
  const taken = await tx.rows<{ name: string }>(sql`
    select a.name from agents a where (a.name = ${name} or a.name ^@ ${`${name}-`}) and (
      exists (select from attempts where agent_id = a.id and phase <> 'finished')
      or exists (select from agent_tokens t where t.agent_id = a.id and t.revoked_at is null and (t.joined_by is null or a.seen_at > now() - ${leftAfter}::interval)))`)
  const names = new Set(taken.map((row) => row.name))
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`
    if (!names.has(candidate)) return candidate
  }
}
