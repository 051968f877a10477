import { AppError, type Organization } from '@rondo/model'
import type { RoutePorts } from '../../http/route.ts'
import type { Resolvers } from '../resolvers.ts'
import { requireAsker } from '../viewer.ts'

interface OrganizationArguments {
  readonly id?: string | null
  readonly name?: string | null
  readonly vcsType?: string | null
}

export function accountResolvers({ access }: Pick<RoutePorts, 'access'>): Resolvers {
  return {
    Query: {
      me: (_: never, _args: never, viewer) => requireAsker(viewer).user,
      organization(_: never, { id, name, vcsType }: OrganizationArguments, viewer) {
        const asker = requireAsker(viewer)
        if (id) return access.organization(asker, id, 'view')
        if (!name) throw new AppError('bad-request', 'Name the organization by id, or by name and vcsType.')
        return access.organization(asker, `${(vcsType ?? 'GITHUB').toLowerCase()}/${name}`, 'view')
      },
    },
    Organization: {
      vcsType: (organization: Organization) => organization.vcsType.toUpperCase(),
    },
  }
}
