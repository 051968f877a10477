import {
  AppError,
  createRounds,
  type ScopedSettings,
  type SettingName,
  type SettingsStore,
  type SettingValues,
} from '@rondo/model'
import sql from 'sql-template-tag'
import type { Database } from './database.ts'
import { orgSlug, projectSlugColumn } from './slug-columns.ts'

/**
 * What the installation has set for an organisation `o` holds for its projects, whatever they say. The share of a project is another
 * matter than that of its organisation: it is weighed against other projects of it.
 */
const heldForProjects = sql`array_remove(o.by_installation, 'queue.share')`

type ScopedRow = Omit<ScopedSettings, 'changes'> & {
  readonly changes: Readonly<Partial<Record<SettingName, { readonly by: string | null; readonly at: string }>>>
}

function datedChanges(changes: ScopedRow['changes']): ScopedSettings['changes'] {
  return Object.fromEntries(Object.entries(changes).map(([name, { by, at }]) => [name, { by, at: new Date(at) }]))
}

/** `defaults` come from the environment; what is set here goes before them. */
export function createSettingsStore(database: Database, defaults: SettingValues = {}): SettingsStore {
  // Read anew for whoever asks, but once for all who ask meanwhile.
  const readView = createRounds(async (asked: readonly undefined[]) => {
    const rows = await database.prepared.rows<{ id: string | null; data: SettingValues }>(sql`
      select null::uuid as id, data from scoped_settings where organization_id is null
      union all
      select p.id, coalesce(o.data, '{}') || (coalesce(own.data, '{}') - array(
          select unnest(${heldForProjects}) except select unnest(own.by_installation))) from projects p
        left join scoped_settings o on o.organization_id = p.organization_id and o.project_id is null
        left join scoped_settings own on own.project_id = p.id
      where p.id = any(array(select project_id from scoped_settings where project_id is not null
        union select op.id from scoped_settings s join projects op on op.organization_id = s.organization_id where s.project_id is null))`)
    const read = {
      installation: { ...defaults, ...rows.find((row) => row.id === null)?.data },
      projects: new Map(rows.flatMap((row) => (row.id === null ? [] : [[row.id, row.data]]))),
    }
    return asked.map(() => read)
  })
  return {
    view: () => readView(undefined),
    async inOrganization(organizationId) {
      const rows = await database.rows<{ data: SettingValues }>(sql`
        select data from scoped_settings where project_id is null and (organization_id is null or organization_id = ${organizationId})
        order by organization_id nulls first`)
      return Object.assign({ ...defaults }, ...rows.map(({ data }) => data))
    },
    async scopes() {
      const rows = await database.rows<ScopedRow>(sql`
        select s.organization_id as "organizationId", s.project_id as "projectId", s.data as values, s.by_installation as "byInstallation",
          case when p.id is not null then ${projectSlugColumn} when o.id is not null then ${orgSlug} end as slug,
          (select coalesce(jsonb_object_agg(c.key, jsonb_build_object('by', u.login, 'at', c.value->>'at')), '{}')
            from jsonb_each(s.changes) c left join users u on u.id = (c.value->>'by')::uuid) as changes
        from scoped_settings s left join organizations o on o.id = s.organization_id left join projects p on p.id = s.project_id
        where s.data <> '{}' order by slug nulls first`)
      return rows.map(({ changes, ...scope }) => ({ ...scope, changes: datedChanges(changes) }))
    },
    async set({ organizationId, projectId }, name, value, actorId, byInstallation = true) {
      const change = value === undefined ? '{}' : JSON.stringify({ [name]: value })
      const changer = sql`case when ${value !== undefined}::boolean
        then jsonb_build_object(${name}::text, jsonb_build_object('by', ${actorId}::uuid, 'at', now())) else '{}' end`
      // The fact and the change are one statement (rule D-06).
      const changed = await database.rows(sql`
        with changed as (
          insert into scoped_settings as s (organization_id, project_id, data, by_installation, changes)
          select ${organizationId}, ${projectId}, ${change}::jsonb, ${value !== undefined && byInstallation ? [name] : []}::text[], ${changer}
          where ${byInstallation}::boolean or not exists (
            select from scoped_settings o where o.organization_id = ${organizationId} and o.project_id is null and ${projectId}::uuid is not null
              and ${name}::text = any(${heldForProjects}))
          on conflict (organization_id, project_id) do update set data = (s.data - ${name}::text) || excluded.data,
            by_installation = array_remove(s.by_installation, ${name}::text) || excluded.by_installation,
            changes = (s.changes - ${name}::text) || excluded.changes
            where ${byInstallation}::boolean or not ${name}::text = any(s.by_installation)
          returning old.data->${name}::text as before)
        insert into events (kind, organization_id, project_id, actor_id, data)
        select 'setting.changed', ${organizationId}, ${projectId}, ${actorId},
          ${JSON.stringify({ name, value: value ?? null })}::jsonb || jsonb_build_object('from', before) from changed
        returning id`)
      if (changed.length === 0)
        throw new AppError(
          'forbidden',
          `An administrator of the installation has set ${name} here. Ask one to change it, or to let you choose: rondo admin settings ${name} default.`,
        )
    },
  }
}
