import {
  AppError,
  type ContextRecord,
  type ContextRestriction,
  createRounds,
  type SealedSecret,
  type SecretStore,
} from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import { type Database, isDuplicate } from './database.ts'

const secretColumns = raw(`name, sealed, hint, created_at as "createdAt", updated_at as "updatedAt"`)
const restrictionColumns = raw(
  `r.id, r.context_id as "contextId", r.project_id as "projectId", p.name as "projectName"`,
)
const contextColumns = raw(`id, organization_id as "organizationId", name, created_at as "createdAt"`)

/** Project variables and contexts, as sealed bytes. */
export function createSecretStore(database: Database): SecretStore {
  // Read anew for whoever asks, but together for all who ask meanwhile: every job that starts does.
  const projectVariables = createRounds(async (projectIds: readonly string[]) => {
    const rows = await database.prepared.rows<SealedSecret & { projectId: string }>(
      sql`select project_id as "projectId", ${secretColumns} from project_variables where project_id = any(${[...projectIds]}::uuid[]) order by name`,
    )
    const found = Map.groupBy(rows, (row) => row.projectId)
    return projectIds.map((id) => (found.get(id) ?? []).map(({ projectId: _, ...secret }) => secret))
  })
  return {
    async setProjectVariable(projectId, secret) {
      const rows = await database.rows<SealedSecret>(sql`
        insert into project_variables (project_id, name, sealed, hint) values (${projectId}, ${secret.name}, ${secret.sealed}, ${secret.hint})
        on conflict (project_id, name) do update set sealed = excluded.sealed, hint = excluded.hint, updated_at = now() returning ${secretColumns}`)
      return rows[0]!
    },
    projectVariables,
    deleteProjectVariable: async (projectId, name) =>
      (
        await database.rows(
          sql`delete from project_variables where project_id = ${projectId} and name = ${name} returning name`,
        )
      ).length > 0,

    async createContext(organizationId, name) {
      try {
        const rows = await database.rows<ContextRecord>(
          sql`insert into contexts (organization_id, name) values (${organizationId}, ${name}) returning ${contextColumns}`,
        )
        return rows[0]!
      } catch (cause) {
        if (!isDuplicate(cause)) throw cause
        throw new AppError('conflict', `The organisation has a context named ${name} already. Choose another name.`, {
          cause,
        })
      }
    },
    context: async (id) =>
      (await database.rows<ContextRecord>(sql`select ${contextColumns} from contexts where id = ${id}`))[0],
    contextByName: async (organizationId, name) =>
      (
        await database.rows<ContextRecord>(
          sql`select ${contextColumns} from contexts where organization_id = ${organizationId} and name = ${name}`,
        )
      )[0],
    contextsOf: (organizationId) =>
      database.rows(
        sql`select ${contextColumns} from contexts where organization_id = ${organizationId} order by name`,
      ),
    deleteContext: async (id) =>
      (await database.rows(sql`delete from contexts where id = ${id} returning id`)).length > 0,
    async setContextVariable(contextId, secret) {
      const rows = await database.rows<SealedSecret>(sql`
        insert into context_variables (context_id, name, sealed, hint) values (${contextId}, ${secret.name}, ${secret.sealed}, ${secret.hint})
        on conflict (context_id, name) do update set sealed = excluded.sealed, hint = excluded.hint, updated_at = now() returning ${secretColumns}`)
      return rows[0]!
    },
    contextVariables: (contextId) =>
      database.rows(sql`select ${secretColumns} from context_variables where context_id = ${contextId} order by name`),
    restrictionsOf: (contextId) =>
      database.rows(
        sql`select ${restrictionColumns} from context_restrictions r join projects p on p.id = r.project_id where r.context_id = ${contextId} order by p.name`,
      ),
    async addRestriction(contextId, projectId) {
      const rows = await database.rows<ContextRestriction>(sql`
        with r as (insert into context_restrictions (context_id, project_id) values (${contextId}, ${projectId}) on conflict do nothing returning *)
        select ${restrictionColumns} from r join projects p on p.id = r.project_id`)
      if (rows[0] === undefined) throw new AppError('conflict', 'The context is restricted to that project already.')
      return rows[0]
    },
    deleteRestriction: async (id, contextId) =>
      (
        await database.rows(
          sql`delete from context_restrictions where id = ${id} and context_id = ${contextId} returning id`,
        )
      ).length > 0,
    deleteContextVariable: async (contextId, name) =>
      (
        await database.rows(
          sql`delete from context_variables where context_id = ${contextId} and name = ${name} returning name`,
        )
      ).length > 0,
  }
}
