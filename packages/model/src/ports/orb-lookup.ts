/** One import: what is asked for, and which orb asks. */
export interface OrbRequest {
  /** `ns/name@1.2`, `ns/name@volatile`, `ns/name@dev:label` or an https address. */
  readonly reference: string
  /** The exact version whose `orbs` stanza says so; left out for the config itself and its inline orbs. */
  readonly importer?: string
}

/** The content of one exact version. */
export interface OrbContent {
  readonly source: string
  /** `ns/name@1.2.3` */
  readonly resolved: string
  /** sha256 of the source, hex. */
  readonly digest: string
}

/** An orb that may not be used, or could not be read, with the reason for whoever wrote the config. */
export interface OrbRefusal {
  readonly refused: string
  /** What to do about it. */
  readonly cure?: string
}

export type OrbAnswer = OrbContent | OrbRefusal | undefined

/** Where the orbs of a compile come from. */
export interface OrbLookup {
  /**
   * Answers in the order of the requests; undefined where there is no such orb for this organisation.
   * @param organizationId whose private orbs may be used; null for public ones only
   */
  resolve(requests: readonly OrbRequest[], organizationId: string | null): Promise<readonly OrbAnswer[]>
}
