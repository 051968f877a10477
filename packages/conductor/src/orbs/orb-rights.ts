import { type Accounts, AppError, type Orb, type OrbVisibility, type User } from '@rondo/model'

/** Who may do what in the registry; the rules stand at `OrbRegistry`. */
export interface OrbRights {
  visibility(viewer: User | undefined): Promise<OrbVisibility>
  mayRead(viewer: User | undefined, orb: Orb): Promise<boolean>
  requireMember(actor: User, organizationId: string | null): Promise<void>
  requireAdministrator(actor: User, organizationId: string | null): Promise<void>
  requireInstallationAdministrator(actor: User): void
}

export function createOrbRights(accounts: Pick<Accounts, 'roleIn' | 'organizationsOf'>): OrbRights {
  async function roleOf(actor: User, organizationId: string | null) {
    if (actor.admin) return 'admin'
    return organizationId === null ? undefined : accounts.roleIn(organizationId, actor.id)
  }
  return {
    async visibility(viewer) {
      if (viewer === undefined) return { organizations: [] }
      if (viewer.admin) return { organizations: 'all' }
      return { organizations: (await accounts.organizationsOf(viewer.id)).map(({ id }) => id) }
    },
    async mayRead(viewer, orb) {
      return !orb.private || (viewer !== undefined && (await roleOf(viewer, orb.organizationId)) !== undefined)
    },
    async requireMember(actor, organizationId) {
      const role = await roleOf(actor, organizationId)
      if (role !== 'admin' && role !== 'writer')
        throw new AppError(
          'forbidden',
          'Only members who write to the organization that owns the namespace may do this. Ask one of its administrators.',
        )
    },
    async requireAdministrator(actor, organizationId) {
      if ((await roleOf(actor, organizationId)) !== 'admin')
        throw new AppError(
          'forbidden',
          'Only administrators of the organization that owns the namespace may do this. Ask one of them.',
        )
    },
    requireInstallationAdministrator(actor) {
      if (!actor.admin)
        throw new AppError('forbidden', 'Only administrators of this installation may do this. Ask one of them.')
    },
  }
}
