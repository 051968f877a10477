/** Beginning of addresses that an organisation's configs may take orbs from. */
export interface UrlOrbPrefix {
  readonly id: string
  readonly name: string
  /** `https://…/`, with the slash at its end. */
  readonly prefix: string
}

/** What is remembered of orbs that stand at an address instead of in the registry. */
export interface UrlOrbStore {
  prefixes(organizationId: string): Promise<readonly UrlOrbPrefix[]>
  /** AppError `conflict` when the organisation has as many as it may have. */
  addPrefix(organizationId: string, prefix: Omit<UrlOrbPrefix, 'id'>): Promise<UrlOrbPrefix>
  removePrefix(organizationId: string, id: string): Promise<boolean>
  /** What stood there, if it was read within that time. */
  recent(url: string, maxAgeMs: number): Promise<{ readonly source: string; readonly digest: string } | undefined>
  /** Keeps the content for ever, and the moment for `recent`. Answers its digest. */
  remember(url: string, source: string): Promise<string>
}

/**
 * Reads a text from an address that a stranger chose: https alone, never an address inside the installation's own network
 * unless that was allowed, no redirects, with bounds on time and size. Refusals are AppErrors that may be shown.
 */
export interface RemoteTexts {
  read(url: string): Promise<string>
}
