import { AppError, type ContextRecord, type SealedSecret, type SecretStore } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import { type Database, isDuplicate } from './database.ts'

const secretColumns = raw(`name, sealed, hint, created_at as "createdAt", updated_at as "updatedAt"`)
const contextColumns = raw(`id, organization_id as "organizationId", name, created_at as "createdAt"`)

/** Project variables and contexts, as sealed bytes. */
export function createSecretStore(database: Database): SecretStore {
  return {
    async setProjectVariable(projectId, secret) {
      const rows = await database.rows<SealedSecret>(sql`
        insert into project_variables (project_id, name, sealed, hint) values (${projectId}, ${secret.name}, ${secret.sealed}, ${secret.hint})
        on conflict (project_id, name) do update set sealed = excluded.sealed, hint = excluded.hint, updated_at = now() returning ${secretColumns}`)
      return rows[0]!
    },
    projectVariables: (projectId) =>
      database.rows(sql`select ${secretColumns} from project_variables where project_id = ${projectId} order by name`),
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
    deleteContextVariable: async (contextId, name) =>
      (
        await database.rows(
          sql`delete from context_variables where context_id = ${contextId} and name = ${name} returning name`,
        )
      ).length > 0,
  }
}
