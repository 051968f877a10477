import type { Orb, OrbCategory, OrbImport, OrbNamespace, OrbStatistics, OrbVersion } from '../orb.ts'
import type { WantedVersion } from '../orb-version.ts'

export interface NewOrbVersion {
  readonly orbId: string
  readonly version: string
  readonly source: string
  readonly digest: string
  readonly imports: readonly OrbImport[]
  readonly publishedBy: string | null
}

/** Which orbs somebody may see. */
export interface OrbVisibility {
  /** Private orbs of these organisations too; `all` for administrators. */
  readonly organizations: readonly string[] | 'all'
}

export interface OrbFilter extends OrbVisibility {
  readonly namespaceId?: string
  /** Only private, or only public ones. */
  readonly private?: boolean
  /** Only those of certified namespaces. */
  readonly certified?: boolean
  /** Orbs that are not listed too. */
  readonly unlisted?: boolean
  /** Part of the name. */
  readonly search?: string
}

export interface OrbPage {
  readonly items: readonly Orb[]
  /** Of all pages. */
  readonly total: number
  readonly hasMore: boolean
}

/**
 * The registry's memory. Undefined means: there is no such thing. Names are looked up under their aliases too. Every
 * change is written with its event; `actorId` is who made it, null for the installation itself.
 */
export interface OrbStore {
  /** AppError `conflict` when the name is taken, by an alias too. */
  createNamespace(
    namespace: { readonly name: string; readonly organizationId: string | null },
    actorId: string | null,
  ): Promise<OrbNamespace>
  namespace(name: string): Promise<OrbNamespace | undefined>
  namespaceById(id: string): Promise<OrbNamespace | undefined>
  /** The old name stays as an alias. AppError `conflict` when the new one is taken. */
  renameNamespace(id: string, name: string, actorId: string | null): Promise<OrbNamespace | undefined>
  setCertified(id: string, certified: boolean, actorId: string | null): Promise<OrbNamespace | undefined>
  deleteNamespaceAlias(name: string, actorId: string | null): Promise<boolean>
  /** With its orbs; what pipelines ran with stays. */
  deleteNamespace(id: string, actorId: string | null): Promise<boolean>

  /** AppError `conflict` when the namespace has an orb of that name. */
  createOrb(
    orb: { readonly namespaceId: string; readonly name: string; readonly private: boolean },
    actorId: string | null,
  ): Promise<Orb>
  /** @param name `namespace/name` */
  orb(name: string): Promise<Orb | undefined>
  orbById(id: string): Promise<Orb | undefined>
  /** By name, from after the name `after`. */
  orbs(filter: OrbFilter, page: { readonly after?: string; readonly limit: number }): Promise<OrbPage>
  setListed(orbId: string, listed: boolean, actorId: string | null): Promise<void>

  categories(): Promise<readonly OrbCategory[]>
  categoriesOf(orbId: string): Promise<readonly OrbCategory[]>
  /** AppError `conflict` when the orb has as many categories as an orb may have. */
  addCategory(orbId: string, categoryId: string, actorId: string | null): Promise<void>
  removeCategory(orbId: string, categoryId: string, actorId: string | null): Promise<void>

  /** Of two at the same time one wins; the other gets AppError `conflict`. */
  addRelease(version: NewOrbVersion): Promise<OrbVersion>
  /**
   * The release after the newest one, under a lock: two at the same time get two numbers.
   * @param number answers the number after the newest one
   */
  addNextRelease(
    version: Omit<NewOrbVersion, 'version'>,
    number: (newest: string | undefined) => string,
  ): Promise<OrbVersion>
  /** Overwrites; its 90 days begin anew. */
  putDevVersion(version: NewOrbVersion): Promise<OrbVersion>
  /** The newest version that is wanted, with its source. */
  version(orbId: string, wanted: WantedVersion): Promise<(OrbVersion & { readonly source: string }) | undefined>
  /** Imports of an exact version as they were resolved at its publication. */
  importsOf(orbId: string, version: string): Promise<readonly OrbImport[]>
  setImports(versionId: string, imports: readonly OrbImport[]): Promise<void>
  /** Releases, newest first. */
  releases(orbId: string, limit?: number): Promise<readonly OrbVersion[]>
  /** Dev versions that have not expired, by name. */
  devVersions(orbId: string): Promise<readonly OrbVersion[]>
  /** Takes dev versions away whose time is over; their contents stay. Answers how many. */
  dropExpired(limit: number): Promise<number>
  source(digest: string): Promise<string | undefined>
  statistics(orbName: string): Promise<OrbStatistics>
}
