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
  /** A push or an API call on a branch cancels what older ones of that branch started; never on the default branch. */
  readonly autocancelBuilds: boolean
  /** On the default branch too. Default false. */
  readonly autocancelDefaultBranch?: boolean
  readonly setupWorkflows: boolean
}

/** `gh/ORG/REPO`, as API v2 prints it. */
export function projectSlug(project: Pick<Project, 'vcsType' | 'organizationName' | 'name'>): string {
  const short = { github: 'gh', bitbucket: 'bb', circleci: 'circleci' } as const
  return `${short[project.vcsType]}/${project.organizationName}/${project.name}`
}
