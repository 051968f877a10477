import { AppError, type ProjectSettings } from '@rondo/model'
import { type Static, Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { type Route, route } from '../route.ts'
import { Text } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

const advanced = {
  autocancel_builds: Type.Boolean(),
  /** Ours: with `autocancel_builds`, on the default branch too. */
  autocancel_default_branch: Type.Boolean(),
  build_fork_prs: Type.Boolean(),
  build_prs_only: Type.Boolean(),
  disable_ssh: Type.Boolean(),
  forks_receive_secret_env_vars: Type.Boolean(),
  oss: Type.Boolean(),
  set_github_status: Type.Boolean(),
  setup_workflows: Type.Boolean(),
  write_settings_requires_admin: Type.Boolean(),
  pr_only_branch_overrides: Type.Array(Text(500), { maxItems: 100 }),
}
const SettingsShape = Type.Object({ advanced: Type.Object(advanced) })
/** Whatever may be sent; what may not is refused with the words that clients know. */
const PatchBody = Type.Object({ advanced: Type.Optional(Type.Partial(Type.Object(advanced))) })
type Advanced = Static<typeof SettingsShape>['advanced']

export function projectSettingsRoutes({ accounts }: Pick<WebPorts, 'accounts'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/settings',
      summary: 'Settings of a project.',
      subject: projectInPath,
      right: 'view',
      answer: SettingsShape,
      handle: async ({ subject }) => ({ advanced: presentSettings(subject.settings) }),
    }),
    route({
      method: 'PATCH',
      path: '/project/{project-slug}/settings',
      summary: 'Changes the settings of a project that are named, and no others.',
      subject: projectInPath,
      right: 'configure',
      body: PatchBody,
      answer: SettingsShape,
      handle: async ({ subject, body }) => ({
        advanced: presentSettings(await accounts.saveProjectSettings(subject.id, readSettings(body))),
      }),
    }),
  ]
}

function presentSettings(settings: ProjectSettings): Advanced {
  return {
    autocancel_builds: settings.autocancelBuilds,
    autocancel_default_branch: settings.autocancelDefaultBranch ?? false,
    build_fork_prs: settings.buildForkPrs,
    build_prs_only: settings.buildPrsOnly,
    disable_ssh: settings.disableSsh,
    forks_receive_secret_env_vars: settings.forksReceiveSecretEnvVars,
    oss: settings.oss,
    set_github_status: settings.setGithubStatus,
    setup_workflows: settings.setupWorkflows,
    write_settings_requires_admin: settings.writeSettingsRequiresAdmin,
    pr_only_branch_overrides: [...settings.prOnlyBranchOverrides],
  }
}

const fields: Readonly<Record<keyof Advanced, keyof ProjectSettings>> = {
  autocancel_builds: 'autocancelBuilds',
  autocancel_default_branch: 'autocancelDefaultBranch',
  build_fork_prs: 'buildForkPrs',
  build_prs_only: 'buildPrsOnly',
  disable_ssh: 'disableSsh',
  forks_receive_secret_env_vars: 'forksReceiveSecretEnvVars',
  oss: 'oss',
  set_github_status: 'setGithubStatus',
  setup_workflows: 'setupWorkflows',
  write_settings_requires_admin: 'writeSettingsRequiresAdmin',
  pr_only_branch_overrides: 'prOnlyBranchOverrides',
}

function readSettings(body: Static<typeof PatchBody>): Partial<ProjectSettings> {
  const stray = Object.keys(body).find((name) => name !== 'advanced')
  if (stray !== undefined) throw new AppError('bad-request', `Unexpected field '${stray.slice(0, 100)}'.`)
  const given = Object.entries(body.advanced ?? {})
  if (given.length === 0) throw new AppError('bad-request', 'No JSON fields found.')
  const unknown = given.find(([name]) => !Object.hasOwn(fields, name) || name === 'oss')
  if (unknown !== undefined)
    throw new AppError('bad-request', `Unexpected field 'advanced.${unknown[0].slice(0, 100)}'.`)
  return Object.fromEntries(given.map(([name, value]) => [fields[name as keyof Advanced], value]))
}
