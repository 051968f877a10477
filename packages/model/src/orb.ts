/** A name under which an organisation publishes orbs. */
export interface OrbNamespace {
  readonly id: string
  readonly name: string
  /** Null: filled by an administrator, who alone may publish into it. */
  readonly organizationId: string | null
  /** The installation's administrators vouch for its orbs. */
  readonly certified: boolean
  readonly createdAt: Date
}

export interface Orb {
  readonly id: string
  readonly namespaceId: string
  readonly organizationId: string | null
  /** `namespace/name` */
  readonly name: string
  readonly private: boolean
  /** An unlisted orb can be used, and is in no list. */
  readonly listed: boolean
  /** As its namespace is. */
  readonly certified: boolean
  readonly createdAt: Date
}

export interface OrbVersion {
  readonly id: string
  readonly orbId: string
  /** `1.2.3` or `dev:label` */
  readonly version: string
  /** sha256 of the source, hex. */
  readonly digest: string
  readonly createdAt: Date
  /** Dev versions only. */
  readonly expiresAt: Date | null
}

/** An import of an orb as it was resolved when the orb was published. */
export interface OrbImport {
  readonly reference: string
  readonly resolved: string
  readonly digest: string
}

/** An import of an orb as another registry resolved it. */
export type OrbPin = Pick<OrbImport, 'reference' | 'resolved'>

export interface OrbCategory {
  readonly id: string
  readonly name: string
}

/** Use of an orb in the last 30 days. */
export interface OrbStatistics {
  readonly builds: number
  readonly projects: number
  readonly organizations: number
}

export type VersionSegment = 'major' | 'minor' | 'patch'
