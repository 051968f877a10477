import type { EventKind, ProjectToken, ProjectTokens } from '@rondo/model'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Database } from './database.ts'

const columns = raw(
  `id, project_id as "projectId", scope, label, created_at as "createdAt", last_used_at as "lastUsedAt"`,
)

/** Tokens of projects, as sha256. */
export function createProjectTokens(database: Database): ProjectTokens {
  return {
    async add(token) {
      const rows = await database.rows<ProjectToken>(sql`
        with made as (
            insert into project_tokens (project_id, scope, label, hash, created_by)
            values (${token.projectId}, ${token.scope}, ${token.label}, ${token.hash}, ${token.createdBy}) returning *),
          fact as (${fact('token.made', token.createdBy)} from made t join projects p on p.id = t.project_id)
        select ${columns} from made`)
      return rows[0]!
    },
    async byHash(hash) {
      const [row] = await database.rows<ProjectToken & { stale: boolean }>(sql`
        select ${columns}, (last_used_at is null or last_used_at < now() - interval '1 minute') as stale
        from project_tokens where hash = ${hash}`)
      if (row === undefined) return undefined
      const { stale, ...token } = row
      if (stale) await database.rows(sql`update project_tokens set last_used_at = now() where hash = ${hash}`)
      return token
    },
    of: (projectId) =>
      database.rows<ProjectToken>(
        sql`select ${columns} from project_tokens where project_id = ${projectId} order by created_at, id`,
      ),
    async remove(id, projectId, actorId) {
      const gone = await database.rows(sql`
        with gone as (delete from project_tokens where id = ${id} and project_id = ${projectId} returning *),
          fact as (${fact('token.revoked', actorId)} from gone t join projects p on p.id = t.project_id)
        select id from gone`)
      return gone.length > 0
    },
  }
}

/** The event of a token `t` of a project `p`, in the statement that makes it true (rule D-06). */
function fact(kind: EventKind, actorId: string): Sql {
  return sql`
    insert into events (kind, organization_id, project_id, actor_id, data)
    select ${kind}, p.organization_id, p.id, ${actorId}::uuid, jsonb_build_object('kind', 'project', 'name', t.label, 'scope', t.scope)`
}
