import { AppError } from './app-error.ts'

/** What an administrator may set: for the installation, an organisation or a project; the nearest to the job counts. */
export interface SettingDefinition {
  /** A `switch` is 1 for yes or 0 for no. */
  readonly unit: 'days' | 'hours' | 'minutes' | 'times' | 'shares' | 'switch'
  readonly fallback: number
  readonly min: number
  readonly max: number
  /** What 0 means, where it is allowed. */
  readonly zero?: string
  /** Where it may not be set: projects of an organisation have no choice of their own. */
  readonly notForProjects?: true
  readonly summary: string
}

const days = (fallback: number, summary: string): SettingDefinition => ({
  unit: 'days',
  fallback,
  min: 0,
  max: 3_650,
  zero: 'for ever',
  summary,
})

/** The one table of settings: environment, API, page, command line and documents are made from it. */
export const settings = {
  'retention.pipelines': days(0, 'how long pipelines are kept with all they left; the newest of a project stays'),
  'retention.output': days(90, 'how long the output of steps is kept'),
  'retention.artifacts': days(30, 'how long artifacts are kept'),
  'retention.caches': days(15, 'how long caches are kept; a job’s key retention may ask for less'),
  'retention.workspaces': days(15, 'how long workspaces are kept'),
  'retention.test-results': days(90, 'how long test results are kept'),
  'time.run': { unit: 'minutes', fallback: 300, min: 1, max: 10_080, summary: 'the longest a job may run' },
  'time.no-output': {
    unit: 'minutes',
    fallback: 10,
    min: 1,
    max: 10_080,
    summary: 'the longest a step may print nothing, unless it says no_output_timeout',
  },
  'time.queue': { unit: 'hours', fallback: 24, min: 1, max: 8_760, summary: 'the longest a job may wait for an agent' },
  'time.approval': {
    unit: 'days',
    fallback: 90,
    min: 1,
    max: 3_650,
    summary: 'the longest a job may wait for approval',
  },
  'orbs.uncertified': {
    unit: 'switch',
    fallback: 1,
    min: 0,
    max: 1,
    zero: 'no',
    notForProjects: true,
    summary: 'whether configs may use orbs that others published and nobody certified',
  },
  'time.lock': { unit: 'hours', fallback: 5, min: 1, max: 8_760, summary: 'the longest a job may wait for a lock' },
  'queue.share': {
    unit: 'shares',
    fallback: 100,
    min: 1,
    max: 10_000,
    summary:
      'how much of busy machines an organization gets beside others, or a project beside others of its organization',
  },
  'retry.after-start': {
    unit: 'times',
    fallback: 0,
    min: 0,
    max: 3,
    zero: 'never',
    summary:
      'how often a job runs again whose agent was lost after its own steps began, which may then have happened twice',
  },
} as const satisfies Readonly<Record<string, SettingDefinition>>

export type SettingName = keyof typeof settings
export const settingNames = Object.keys(settings) as readonly SettingName[]

/** What was set; what was not is left out. */
export type SettingValues = Readonly<Partial<Record<SettingName, number>>>

/** Where a setting holds: everywhere (neither), in an organisation, or in one project. */
export interface SettingScope {
  readonly organizationId: string | null
  readonly projectId: string | null
}

/** All that is set. `projects` holds what differs from the installation, with that of the organisation already in it. */
export interface SettingsView {
  readonly installation: SettingValues
  readonly projects: ReadonlyMap<string, SettingValues>
}

export const nothingSet: SettingsView = { installation: {}, projects: new Map() }

/** What holds for a project; without one, for the installation. */
export function settingOf(view: SettingsView, name: SettingName, projectId?: string): number {
  const own = projectId === undefined ? undefined : view.projects.get(projectId)?.[name]
  return own ?? view.installation[name] ?? settings[name].fallback
}

/** The name, if it is one. AppError `bad-request` names those that there are. */
export function readSettingName(text: string): SettingName {
  const name = settingNames.find((candidate) => candidate === text)
  if (name !== undefined) return name
  throw new AppError(
    'bad-request',
    `There is no setting "${text.slice(0, 100)}". There are ${settingNames.join(', ')}.`,
  )
}

/** What is wrong with a value, and what to write instead; undefined: nothing. */
export function settingProblem(name: SettingName, value: unknown, scope?: SettingScope): string | undefined {
  const { min, max, unit, ...definition }: SettingDefinition = settings[name]
  if (definition.notForProjects && scope && scope.projectId !== null)
    return `${name} cannot be set for one project. Set it for its organization, or for the installation.`
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return undefined
  if (unit === 'switch') return `${name} cannot be ${JSON.stringify(value)}. Give yes or no; programs write 1 or 0.`
  const zero = definition.zero === undefined ? '' : `; 0 means ${definition.zero}`
  return `${name} cannot be ${JSON.stringify(value)}. Give a whole number of ${unit} from ${min} to ${max}${zero}.`
}

const unitMs = { days: 86_400_000, hours: 3_600_000, minutes: 60_000 } as const

/** A setting that is a time, in milliseconds. */
export function settingMs(view: SettingsView, name: SettingName, projectId?: string): number {
  const { unit } = settings[name]
  if (unit === 'switch' || unit === 'times' || unit === 'shares') throw new Error(`${name} is no time`)
  return settingOf(view, name, projectId) * unitMs[unit]
}

/** A value as people read it: `1 minute`, `30 days`, `for ever`, `yes`. `zero`: what 0 means, where it means something. */
export function settingText(
  value: number,
  { unit, zero }: { readonly unit: string; readonly zero?: string | null },
): string {
  if (value === 0 && zero != null) return zero
  if (unit === 'switch') return 'yes'
  return `${value} ${value === 1 ? unit.slice(0, -1) : unit}`
}

/** The environment variable that sets it for the installation: `RONDO_RETENTION_TEST_RESULTS`. */
export function settingVariable(name: SettingName): string {
  return `RONDO_${name.replace(/[.-]/g, '_').toUpperCase()}`
}
