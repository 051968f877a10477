import type { Orb, OrbCategory, OrbFilter, OrbNamespace, OrbVersion } from '@rondo/model'
import type { RoutePorts } from '../../http/route.ts'
import type { Resolvers } from '../resolvers.ts'
import type { Viewer } from '../viewer.ts'

interface PageArguments {
  readonly first?: number | null
  readonly after?: string | null
}

/** A version as it stands under an orb; `source` is there when it was read with it. */
export type VersionNode = OrbVersion & { readonly source?: string; readonly orb?: Orb }

const defaultPage = 20
const largestPage = 1_000
const defaultVersions = 200

/** Reading the registry; nobody needs to sign in for public orbs. */
export function registryQueries({ orbs }: Pick<RoutePorts, 'orbs'>): Resolvers {
  const { store } = orbs

  async function connection(viewer: Viewer, filter: Omit<OrbFilter, 'organizations'>, page: PageArguments) {
    const visibility = await orbs.visibility(viewer.asker?.user)
    const found = await store.orbs({ ...visibility, ...filter }, { after: page.after ?? '', limit: sizeOf(page) })
    return {
      totalCount: found.total,
      edges: found.items.map((orb) => ({ cursor: orb.name, node: orb })),
      pageInfo: { hasNextPage: found.hasMore },
    }
  }

  return {
    Query: {
      orb: (_: never, { name }: { name: string }, viewer) => orbs.orb(viewer.asker?.user, name),
      async orbVersion(_: never, { orbVersionRef }: { orbVersionRef: string }, viewer) {
        const found = await orbs.version(viewer.asker?.user, orbVersionRef)
        return found === undefined ? undefined : { ...found.version, orb: found.orb }
      },
      registryNamespace: (_: never, { name }: { name?: string | null }) => (name ? store.namespace(name) : undefined),
      orbs: (_: never, page: PageArguments & { certifiedOnly?: boolean | null }, viewer) =>
        connection(viewer, { private: false, certified: page.certifiedOnly ?? false }, page),
      orbCategories: async (_: never, page: PageArguments) => categoryConnection(await store.categories(), page),
      orbCategoryByName: async (_: never, { name }: { name: string }) =>
        (await store.categories()).find((category) => category.name === name),
    },
    RegistryNamespace: {
      isCertified: (namespace: OrbNamespace) => namespace.certified,
      createdAt: (namespace: OrbNamespace) => namespace.createdAt.toISOString(),
      orbs: (namespace: OrbNamespace, args: PageArguments & { view?: 'PUBLIC_ONLY' | 'PRIVATE_ONLY' | null }, viewer) =>
        connection(
          viewer,
          { namespaceId: namespace.id, ...(args.view ? { private: args.view === 'PRIVATE_ONLY' } : {}) },
          args,
        ),
    },
    Orb: {
      isPrivate: (orb: Orb) => orb.private,
      isListed: (orb: Orb) => orb.listed,
      isCertified: (orb: Orb) => orb.certified,
      isImported: (orb: Orb) => orb.organizationId === null,
      createdAt: (orb: Orb) => orb.createdAt.toISOString(),
      namespace: (orb: Orb) => store.namespaceById(orb.namespaceId),
      categories: (orb: Orb) => store.categoriesOf(orb.id),
      async statistics(orb: Orb) {
        const { builds, projects, organizations } = await store.statistics(orb.name)
        return {
          last30DaysBuildCount: builds,
          last30DaysProjectCount: projects,
          last30DaysOrganizationCount: organizations,
        }
      },
      devVersions: async (orb: Orb): Promise<readonly VersionNode[]> =>
        (await store.devVersions(orb.id)).map((version) => ({ ...version, orb })),
      async versions(orb: Orb, { count }: { count?: number | null }): Promise<readonly VersionNode[]> {
        const releases = await store.releases(orb.id, Math.min(Math.max(count ?? defaultVersions, 0), largestPage))
        return releases.map((version) => ({ ...version, orb }))
      },
    },
    OrbVersion: {
      expiresAt: (version: VersionNode) => version.expiresAt?.toISOString(),
      createdAt: (version: VersionNode) => version.createdAt.toISOString(),
      source: (version: VersionNode) => version.source ?? store.source(version.digest),
      imports: (version: VersionNode) => store.importsOf(version.orbId, version.version),
      orb: (version: VersionNode) => version.orb ?? store.orbById(version.orbId),
    },
  }
}

function sizeOf({ first }: PageArguments): number {
  return Math.min(Math.max(first ?? defaultPage, 0), largestPage)
}

function categoryConnection(all: readonly OrbCategory[], page: PageArguments) {
  const rest = all.filter(({ name }) => name > (page.after ?? ''))
  const items = rest.slice(0, sizeOf(page))
  return {
    totalCount: all.length,
    edges: items.map((category) => ({ cursor: category.name, node: category })),
    pageInfo: { hasNextPage: items.length < rest.length },
  }
}
