import {
  AppError,
  type Orb,
  type OrbNamespace,
  type OrbPin,
  type OrbStore,
  type OrbVersion,
  type OrbVisibility,
  type User,
} from '@rondo/model'

/** An orb's version with what it says. */
export type OrbVersionWithSource = OrbVersion & { readonly source: string }

/** What a version is published with; `version` is `1.2.3`, `dev:label`, or `patch`, `minor` or `major` for the next release. */
export interface PublishRequest {
  readonly orb: Orb
  readonly version: string
  readonly source: string
}

/** A version of another registry. */
export interface ImportRequest extends PublishRequest {
  /** What its own stanza was resolved to there; what is not said is resolved here. */
  readonly imports?: readonly OrbPin[]
}

/**
 * The orb registry as people use it. `viewer` is whoever asks, undefined for nobody in particular, who sees public orbs;
 * what is not theirs does not exist for them. Refusals are AppErrors.
 *
 * Who may: reading is as the orb's visibility says; members of the namespace's organisation publish dev versions, its
 * administrators everything else; administrators of the installation everything, and they alone in namespaces without an
 * organisation, which hold imported orbs. Whether configs may use orbs that others published and nobody certified is a
 * setting of their organisation.
 */
export interface OrbRegistry {
  visibility(viewer: User | undefined): Promise<OrbVisibility>
  /** By `namespace/name`. */
  orb(viewer: User | undefined, name: string): Promise<Orb | undefined>
  orbById(viewer: User | undefined, id: string): Promise<Orb>
  /** By `namespace/name@version` as a config may write it. */
  version(
    viewer: User | undefined,
    reference: string,
  ): Promise<{ readonly orb: Orb; readonly version: OrbVersionWithSource } | undefined>

  createNamespace(actor: User, name: string, organizationId: string): Promise<OrbNamespace>
  renameNamespace(actor: User, id: string, name: string): Promise<OrbNamespace>
  /** Whether the installation vouches for a namespace's orbs; its administrators alone may say so. */
  setCertified(actor: User, id: string, certified: boolean): Promise<OrbNamespace>
  deleteNamespaceAlias(actor: User, name: string): Promise<boolean>
  /** With its orbs; what ran with them keeps their content. */
  deleteNamespace(actor: User, id: string): Promise<boolean>
  createOrb(actor: User, namespaceId: string, name: string, hidden: boolean): Promise<Orb>
  setListed(actor: User, orb: Orb, listed: boolean): Promise<void>
  setCategory(actor: User, orb: Orb, categoryId: string, present: boolean): Promise<void>

  /** A source that is no valid orb is refused with every mistake in it. A release never changes. */
  publish(actor: User, request: PublishRequest): Promise<OrbVersionWithSource>
  /** Publishes what a dev version holds now as a release: `1.2.3`, or `patch`, `minor` or `major` for the next one. */
  promote(actor: User, orb: Orb, devVersion: string, version: string): Promise<OrbVersionWithSource>

  /** Makes a namespace of no organisation; an existing one of no organisation is answered as it is. */
  importNamespace(actor: User, name: string): Promise<OrbNamespace>
  /** A public orb in it; an existing one is answered as it is. */
  importOrb(actor: User, namespaceId: string, name: string): Promise<Orb>
  /**
   * A version as another registry has it. Again with the same source it changes nothing but what was missing of its
   * imports; with another source it is a conflict.
   */
  importVersion(actor: User, request: ImportRequest): Promise<OrbVersionWithSource>

  readonly store: OrbStore
}

export function notFound(what: string): AppError {
  return new AppError('not-found', `${what} was not found. Check its name, and that you may see it.`)
}
