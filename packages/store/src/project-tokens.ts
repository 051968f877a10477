import type { ProjectToken, ProjectTokens } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database } from './database.ts'

const columns = raw(
  `id, project_id as "projectId", scope, label, created_at as "createdAt", last_used_at as "lastUsedAt"`,
)

/** Tokens of projects, as sha256. */
export function createProjectTokens(database: Database): ProjectTokens {
  return {
    async add(token) {
      const rows = await database.rows<ProjectToken>(sql`
        insert into project_tokens (project_id, scope, label, hash, created_by)
        values (${token.projectId}, ${token.scope}, ${token.label}, ${token.hash}, ${token.createdBy}) returning ${columns}`)
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
    remove: async (id, projectId) =>
      (await database.rows(sql`delete from project_tokens where id = ${id} and project_id = ${projectId} returning id`))
        .length > 0,
  }
}
