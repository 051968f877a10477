/** Where orbs come from. The caller fetches beforehand (`orbReferences` says what); the compiler only looks up. */
export interface OrbSource {
  /**
   * @param reference as written, after templates: `ns/name@1.2`, or an https address
   * @param importer the orb whose `orbs` stanza says so, as `ResolvedOrb.resolved`; left out for the config itself and
   * its inline orbs. A registry fixes an orb's imports when it is published, so the same range may mean two versions.
   * @returns undefined when it does not exist
   */
  resolve(reference: string, importer?: string): ResolvedOrb | undefined
  /** Why a reference came to nothing, where there is more to say than that it does not exist. */
  whyNot?(reference: string): { readonly reason: string; readonly cure?: string } | undefined
}

export interface ResolvedOrb {
  readonly source: string
  /** The exact version: `ns/name@1.2.3`. */
  readonly resolved: string
  /** sha256 of the source, hex. */
  readonly digest: string
}
