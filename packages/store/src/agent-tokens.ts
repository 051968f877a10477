import { type AgentCredential, type AgentToken, type AgentTokens, AppError, type NewAgentToken } from '@rondo/model'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Database, Runner } from './database.ts'
import { joinAgent } from './join-agent.ts'

const columns: Sql =
  raw(`t.id, t.kind, t.name, t.created_at as "createdAt", t.last_used_at as "lastUsedAt", t.expires_at as "expiresAt", t.uses_left as "usesLeft",
  (select login from users where id = t.created_by) as "createdBy", (select name from agent_tokens where id = t.joined_by) as "joinedBy"`)
const counts: Sql = raw('t.revoked_at is null and (t.expires_at is null or t.expires_at > now())')

/** Who may speak as an agent. */
export function createAgentTokens(database: Database): AgentTokens {
  return {
    list: () =>
      database.rows<AgentToken>(
        sql`select ${columns} from agent_tokens t where ${counts} order by t.kind = 'join' desc, t.name, t.id`,
      ),
    create: (token) => database.transact((tx) => create(tx, token)),
    keepLocal: (hash) => database.transact((tx) => keepLocal(tx, hash)),
    revoke: (id, options) => database.transact((tx) => revoke(tx, id, options)),
    join: (hash, wanted) => database.transact((tx) => joinAgent(tx, hash, wanted)),
    async ended(hashes) {
      const rows = await database.prepared.rows<{ hash: Buffer }>(sql`
        select asked.hash from unnest(${hashes}::bytea[]) asked (hash)
        where not exists (select from agent_tokens t where t.hash = asked.hash and t.revoked_at is null)`)
      return rows.map(({ hash }) => hash)
    },
    async find(hash) {
      const [row] = await database.prepared.rows<CredentialRow>(sql`
        with used as (update agent_tokens set last_used_at = now() where hash = ${hash} and (last_used_at is null or last_used_at < now() - interval '1 minute'))
        select t.kind, t.name, t.agent_id as "agentId", t.revoked_at as "revokedAt", (select login from users where id = t.revoked_by) as "revokedBy",
          coalesce(t.expires_at <= now(), false) as expired, coalesce(t.uses_left = 0, false) as "usedUp", a.seat_folder as folder, a.seat_place as place, a.hostname, a.seat_since as since
        from agent_tokens t left join agents a on a.id = t.agent_id where t.hash = ${hash}`)
      if (row === undefined) return undefined
      const { folder, place, hostname, since, ...credential } = row
      return { ...credential, seat: folder === null ? null : { folder, place, hostname, since } }
    },
  }
}

type CredentialRow = Omit<AgentCredential, 'seat'> & {
  readonly folder: string | null
  readonly place: string
  readonly hostname: string
  readonly since: Date
}

const localName = 'local'

async function create(tx: Runner, { kind, name, hash, days, uses, actorId }: NewAgentToken): Promise<AgentToken> {
  if (kind === 'agent' && name === localName)
    throw new AppError(
      'conflict',
      `${localName} is the agent of the server's own machine; its token is keys/private/agent-token of the data folder. Choose another name.`,
    )
  const agentId = kind === 'join' ? null : await agentNamed(tx, name)
  const [token] = await tx.rows<AgentToken>(sql`
    with made as (insert into agent_tokens (kind, name, agent_id, hash, created_by, expires_at, uses_left)
      values (${kind}, ${name}, ${agentId}, ${hash}, ${actorId}, now() + ${days ?? null}::float8 * interval '1 day', ${uses ?? null}) returning *)
    select ${columns} from made t`)
  await record(tx, 'agent.token-made', actorId, { kind, name })
  return token!
}

async function keepLocal(tx: Runner, hash: Buffer): Promise<string> {
  const agentId = await agentNamed(tx, localName)
  await tx.rows(sql`delete from agent_tokens where kind = 'local' and hash <> ${hash}`)
  await tx.rows(sql`
    insert into agent_tokens (kind, name, agent_id, hash) values ('local', ${localName}, ${agentId}, ${hash}) on conflict (hash) do nothing`)
  return agentId
}

/** The agent of a name, which may speak again if it might not any more. */
async function agentNamed(tx: Runner, name: string): Promise<string> {
  const [agent] = await tx.rows<{ id: string }>(sql`
    insert into agents (name, hostname, cpus, memory_mb, executors) values (${name}, '', 0, 0, '[]'::jsonb)
    on conflict (name) do update set revoked_at = null returning id`)
  return agent!.id
}

async function revoke(
  tx: Runner,
  id: string,
  { joined, actorId }: { readonly joined: boolean; readonly actorId: string },
): Promise<AgentToken | undefined> {
  const [token] = await tx.rows<AgentToken>(
    sql`select ${columns} from agent_tokens t where t.id = ${id} and t.revoked_at is null for update of t`,
  )
  if (token?.kind === 'local')
    throw new AppError(
      'conflict',
      'This is the token of the agent of the server’s own machine. To replace it, remove keys/private/agent-token from the data folder and restart the server; RONDO_AGENT=none runs no agent there.',
    )
  if (token === undefined) return undefined
  const ended = await tx.rows<{ agentId: string | null; name: string; kind: string }>(sql`
    update agent_tokens set revoked_at = now(), revoked_by = ${actorId}
    where revoked_at is null and (id = ${id} or (${joined} and joined_by = ${id})) returning agent_id as "agentId", name, kind`)
  await silence(
    tx,
    ended.flatMap(({ agentId }) => agentId ?? []),
  )
  for (const { kind, name } of ended) await record(tx, 'agent.token-revoked', actorId, { kind, name })
  await tx.rows(sql`select pg_notify('rondo', 'agent-tokens')`)
  return token
}

/** Of these agents those that have no token any more: what they had not started goes to others at once. */
async function silence(tx: Runner, agentIds: readonly string[]): Promise<void> {
  // Waits for claims of these agents that are under way: they hold the rows.
  await tx.rows(sql`
    with silenced as (update agents a set revoked_at = now() where a.id = any(${[...agentIds]}::uuid[]) and a.revoked_at is null
      and not exists (select from agent_tokens t where t.agent_id = a.id and t.revoked_at is null) returning id)
    update attempts set lease_expires_at = least(lease_expires_at, now()) from silenced where agent_id = silenced.id and phase <> 'finished'`)
}

async function record(tx: Runner, kind: string, actorId: string, data: object): Promise<void> {
  await tx.rows(
    sql`insert into events (kind, actor_id, data) values (${kind}, ${actorId}, ${JSON.stringify(data)}::jsonb)`,
  )
}
