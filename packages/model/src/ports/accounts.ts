import type { Organization, OrganizationRole, User } from '../account.ts'
import type { Project, ProjectSettings } from '../project.ts'

export interface ApiToken {
  readonly id: string
  readonly userId: string
  readonly label: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

/** Users, tokens, sessions, organisations and projects. Secrets arrive here hashed, never in the clear. */
export interface Accounts {
  /** `token`: one that is there as soon as its user is. */
  createUser(user: {
    login: string
    name: string
    passwordHash: string | null
    admin: boolean
    token?: { label: string; hash: Buffer }
  }): Promise<User>
  user(id: string): Promise<User | undefined>
  userByLogin(login: string): Promise<(User & { readonly passwordHash: string | null }) | undefined>
  userCount(): Promise<number>

  addToken(token: { userId: string; label: string; hash: Buffer }): Promise<ApiToken>
  /** Marks the token as used (at most once a minute). */
  userByTokenHash(hash: Buffer): Promise<User | undefined>
  tokensOf(userId: string): Promise<readonly ApiToken[]>
  deleteToken(id: string, userId: string): Promise<boolean>

  addSession(session: { userId: string; hash: Buffer; expiresAt: Date }): Promise<void>
  userBySessionHash(hash: Buffer): Promise<User | undefined>
  deleteSession(hash: Buffer): Promise<void>

  createOrganization(organization: {
    vcsType: Organization['vcsType']
    name: string
    ownerId: string
  }): Promise<Organization>
  organization(id: string): Promise<Organization | undefined>
  /** `vcsType` `gh` and `github` alike are normalised by the caller. */
  organizationByName(vcsType: Organization['vcsType'], name: string): Promise<Organization | undefined>
  organizationsOf(userId: string): Promise<readonly (Organization & { readonly role: OrganizationRole })[]>
  setMember(organizationId: string, userId: string, role: OrganizationRole): Promise<void>
  roleIn(organizationId: string, userId: string): Promise<OrganizationRole | undefined>

  createProject(project: { organizationId: string; name: string; defaultBranch: string }): Promise<Project>
  project(id: string): Promise<Project | undefined>
  projectByName(vcsType: Organization['vcsType'], organization: string, name: string): Promise<Project | undefined>
  /** All projects for administrators, else those of the user's organisations; by name. */
  projectsVisibleTo(user: User): Promise<readonly Project[]>
  /** Changes what is named; answers all. */
  saveProjectSettings(projectId: string, changes: Partial<ProjectSettings>): Promise<ProjectSettings>
  setDefaultBranch(projectId: string, branch: string): Promise<void>
}
