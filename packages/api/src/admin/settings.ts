import {
  AppError,
  nothingSet,
  readSettingName,
  type ScopedSettings,
  type SettingDefinition,
  type SettingName,
  type SettingScope,
  settingNames,
  settingOf,
  settingProblem,
  settings,
  settingVariable,
} from '@rondo/model'
import type { SettingsPageView } from '@rondo/protocol'
import { Type } from 'typebox'
import type { Access } from '../access.ts'
import type { Person } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'
import type { AdminServer } from './admin-server.ts'
import { lastChangeView } from './last-change-view.ts'
import { administeredScope, requireAdministrator } from './scope.ts'

const Change = Type.Object({
  organization: Type.Optional(Type.String({ maxLength: 400 })),
  project: Type.Optional(Type.String({ maxLength: 400 })),
  name: Type.String({ maxLength: 100 }),
  /** Checked by the table of settings, which says what is allowed. Null: what the wider scope says holds again. */
  value: Type.Unknown(),
})

/** Times and retention, for the installation, an organisation or a project. */
export function registerSettingsAdmin(admin: AdminServer, ports: WebPorts, access: Access): void {
  const store = ports.settings

  async function page(asker: Person, scope: SettingScope): Promise<SettingsPageView> {
    const [view, scopes] = await Promise.all([store.view(), store.scopes()])
    const inOrganization = scopes.find((one) => one.organizationId === scope.organizationId && one.projectId === null)
    const own = scopes.find((one) => one.organizationId === scope.organizationId && one.projectId === scope.projectId)
    const held = (name: SettingName) =>
      own?.byInstallation.includes(name) === true ||
      (name !== 'queue.share' && inOrganization?.byInstallation.includes(name) === true)
    // What the installation has set for an organisation goes before what one of its projects says.
    const counts = (name: SettingName) => own?.byInstallation.includes(name) === true || !held(name)
    const installation = scopes.find((one) => one.organizationId === null)
    /** Where the value that holds here is set. */
    const setAt = (name: SettingName) =>
      [...(counts(name) ? [own] : []), ...(scope.organizationId === null ? [] : [inOrganization]), installation].find(
        (one) => one?.values[name] !== undefined,
      )
    const here = (name: SettingName) => (counts(name) ? own?.values[name] : undefined) ?? inOrganization?.values[name]
    return {
      settings: settingNames.map((name) => ({
        name,
        ...definitionOf(name),
        value: (scope.organizationId === null ? undefined : here(name)) ?? settingOf(view, name),
        set: own?.values[name] !== undefined && counts(name),
        held: scope.organizationId !== null && held(name),
        lastChange: lastChangeView(setAt(name)?.changes[name]),
        variable: settingVariable(name),
        standard: settingOf(nothingSet, name),
      })),
      exceptions: scopes
        .filter((one) => one.slug !== null && (asker.user.admin || one.organizationId === scope.organizationId))
        .map(({ slug, values, changes }) => ({ slug: slug ?? '', values, changes: changeViews(changes) })),
    }
  }

  admin.get('/settings', async (asker, { organization, project }) =>
    page(
      asker,
      await administeredScope(access, asker, {
        ...(organization ? { organization } : {}),
        ...(project ? { project } : {}),
      }),
    ),
  )
  admin.send('PUT', '/settings', Change, async (asker, { name: given, value, ...asked }) => {
    const scope = await administeredScope(access, asker, asked)
    const name = readSettingName(given)
    // Weighed against the shares of other organisations.
    if (name === 'queue.share' && scope.projectId === null) requireAdministrator(asker, 'The share of an organization')
    const problem = value === null ? undefined : settingProblem(name, value, scope)
    if (problem !== undefined) throw new AppError('bad-request', problem)
    await store.set(scope, name, value === null ? undefined : Number(value), asker.user.id, asker.user.admin)
    return page(asker, scope)
  })
}

function changeViews(changes: ScopedSettings['changes']): SettingsPageView['exceptions'][number]['changes'] {
  return Object.fromEntries(
    Object.entries(changes).map(([name, { by, at }]) => [name, { by, at: at.toISOString() }] as const),
  )
}

function definitionOf(name: SettingName) {
  const { unit, min, max, summary, zero }: SettingDefinition = settings[name]
  return { unit, min, max, summary, zero: zero ?? null }
}
