import type { ProjectToken } from './ports/project-tokens.ts'

/** An organisation owns projects and contexts. */
export interface Organization {
  readonly id: string
  /** `github` for organisations of the built-in hosting too, so that existing clients' slugs work. */
  readonly vcsType: 'github' | 'bitbucket' | 'circleci'
  readonly name: string
  readonly createdAt: Date
}

export interface User {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly admin: boolean
  readonly createdAt: Date
}

/** What somebody is in an organisation, after what a version-control provider lets them do: own, write, or read. */
export type OrganizationRole = 'admin' | 'writer' | 'reader'

/** Who is asking, derived by the server from the credential alone (rule D-14). */
export type Principal =
  | { readonly kind: 'user'; readonly user: User; readonly via: 'session' | 'token' }
  | { readonly kind: 'project'; readonly token: ProjectToken }
  | { readonly kind: 'attempt'; readonly attemptId: string; readonly projectId: string }
