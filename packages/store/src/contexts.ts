import sql, { type Sql } from 'sql-template-tag'

/** Names of the contexts of an organisation that a project may use. */
export function usableContexts(organizationId: Sql, projectId: Sql): Sql {
  return sql`select c.name from contexts c where c.organization_id = ${organizationId}
    and (not exists (select from context_restrictions r where r.context_id = c.id)
      or exists (select from context_restrictions r where r.context_id = c.id and r.project_id = ${projectId}))`
}
