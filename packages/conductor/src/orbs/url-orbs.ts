import { AppError, type OrbAnswer, type RemoteTexts, type UrlOrbStore } from '@rondo/model'

export interface UrlOrbPorts {
  readonly store: UrlOrbStore
  readonly texts: RemoteTexts
}

/** How long what stood at an address counts as what stands there (semantics 9.1). */
const freshMs = 5 * 60_000

/** Orbs at addresses. Which beginnings of addresses an organisation's configs may name, its administrators say. */
export function createUrlOrbs({ store, texts }: UrlOrbPorts) {
  const reading = new Map<string, Promise<OrbAnswer>>()

  async function read(url: string): Promise<OrbAnswer> {
    const known = await store.recent(url, freshMs)
    if (known !== undefined) return { ...known, resolved: url }
    try {
      const source = await texts.read(url)
      return { source, resolved: url, digest: await store.remember(url, source) }
    } catch (cause) {
      if (cause instanceof AppError && cause.code === 'bad-request')
        return { refused: `${url} could not be read: ${cause.message}` }
      throw cause
    }
  }

  return {
    async resolve(url: string, organizationId: string | null): Promise<OrbAnswer> {
      const prefixes = organizationId === null ? [] : await store.prefixes(organizationId)
      // Compared as the address will be dialled, so that `/allowed/../other` is what it is.
      const plain = URL.canParse(url) ? new URL(url).href : url
      if (!prefixes.some(({ prefix }) => plain.startsWith(prefix)))
        return {
          refused: `${url} begins with no address that the organization allows orbs from`,
          cure: 'Its administrators add one with POST /api/v2/organization/ORG/url-orb-allow-list',
        }
      // Several pipelines at once read an address once.
      const current = reading.get(url) ?? read(url).finally(() => reading.delete(url))
      reading.set(url, current)
      return current
    },
  }
}
