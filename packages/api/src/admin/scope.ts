import { AppError, type SettingScope, type User } from '@rondo/model'
import type { Access } from '../access.ts'
import type { Person } from '../authenticate.ts'

/** What a request is about: the whole installation when it names neither. */
export interface AskedScope {
  readonly organization?: string
  readonly project?: string
}

/** For who administers the installation. `what`: something that those of an organisation may not do either. */
export function requireAdministrator({ user }: Person, what?: string): User {
  if (user.admin) return user
  if (what !== undefined)
    throw new AppError(
      'forbidden',
      `${what} is for administrators of the installation, as it is felt by other organizations.`,
    )
  throw new AppError(
    'forbidden',
    'This is for administrators of the installation. With an organization or a project named, its administrators may too.',
  )
}

/** A project or organisation whose administrator asks, or the installation when its administrator does. */
export async function administeredScope(access: Access, asker: Person, asked: AskedScope): Promise<SettingScope> {
  if (asked.organization !== undefined && asked.project !== undefined)
    throw new AppError('bad-request', 'Name an organization or a project, not both.')
  if (asked.project !== undefined) {
    const project = await access.project(asker, asked.project, 'administer')
    return { organizationId: project.organizationId, projectId: project.id }
  }
  if (asked.organization !== undefined) {
    const organization = await access.organization(asker, asked.organization, 'administer')
    return { organizationId: organization.id, projectId: null }
  }
  requireAdministrator(asker)
  return { organizationId: null, projectId: null }
}
