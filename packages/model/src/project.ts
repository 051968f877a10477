export interface Project {
  readonly id: string
  readonly organizationId: string
  readonly vcsType: 'github' | 'bitbucket' | 'circleci'
  readonly organizationName: string
  readonly name: string
  readonly defaultBranch: string
  readonly settings: ProjectSettings
  readonly createdAt: Date
}

export interface ProjectSettings {
  /** A push or an API call on a branch cancels what older ones of that branch started; not on the default branch. */
  readonly autocancelBuilds: boolean
  /** With `autocancelBuilds`, on the default branch too. Default false. */
  readonly autocancelDefaultBranch?: boolean
  readonly setupWorkflows: boolean
  readonly buildForkPrs: boolean
  readonly buildPrsOnly: boolean
  readonly disableSsh: boolean
  /** The environment of a failed job stays for ten minutes, for its owner to look around and go on in. Default false. */
  readonly holdFailedJobs?: boolean
  readonly forksReceiveSecretEnvVars: boolean
  /** Free for everybody to read. */
  readonly oss: boolean
  readonly setGithubStatus: boolean
  /** Settings, variables and keys are for administrators of the organisation alone. */
  readonly writeSettingsRequiresAdmin: boolean
  /** Branches that build without a pull request although `buildPrsOnly` is set. */
  readonly prOnlyBranchOverrides: readonly string[]
}

export const defaultProjectSettings: ProjectSettings = {
  autocancelBuilds: false,
  setupWorkflows: true,
  buildForkPrs: false,
  buildPrsOnly: false,
  disableSsh: false,
  forksReceiveSecretEnvVars: false,
  oss: false,
  setGithubStatus: true,
  writeSettingsRequiresAdmin: false,
  prOnlyBranchOverrides: [],
}

/** `gh/ORG/REPO`, as API v2 prints it. */
export function projectSlug(project: Pick<Project, 'vcsType' | 'organizationName' | 'name'>): string {
  const short = { github: 'gh', bitbucket: 'bb', circleci: 'circleci' } as const
  return `${short[project.vcsType]}/${project.organizationName}/${project.name}`
}
