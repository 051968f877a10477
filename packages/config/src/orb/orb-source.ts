/** Where orbs come from. The caller fetches beforehand (`orbReferences` says what); the compiler only looks up. */
export interface OrbSource {
  /** @param reference as written, after templates: `ns/name@1.2`, or an https address. Undefined when it does not exist. */
  resolve(reference: string): ResolvedOrb | undefined
}

export interface ResolvedOrb {
  readonly source: string
  /** The exact version: `ns/name@1.2.3`. */
  readonly resolved: string
  /** sha256 of the source, hex. */
  readonly digest: string
}
