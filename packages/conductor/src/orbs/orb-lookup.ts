import {
  type Orb,
  type OrbAnswer,
  type OrbContent,
  type OrbLookup,
  type OrbRequest,
  type OrbStore,
  parseOrbReference,
  type WantedVersion,
} from '@rondo/model'
import { createUrlOrbs, type UrlOrbPorts } from './url-orbs.ts'

/**
 * Orbs of a compile out of the registry. What an orb imports was fixed when it was published: a range inside it does not
 * move later (semantics 9.2); what could not be fixed then is looked up now.
 */
export function createOrbLookup(store: OrbStore, urls?: UrlOrbPorts): OrbLookup {
  const urlOrbs = urls && createUrlOrbs(urls)

  async function resolveOne(request: OrbRequest, organizationId: string | null): Promise<OrbAnswer> {
    if (request.reference.startsWith('https://')) return urlOrbs?.resolve(request.reference, organizationId)
    const pinned = request.importer === undefined ? undefined : await pinOf(store, request.importer, request.reference)
    const reference = parseOrbReference(pinned?.resolved ?? request.reference)
    if (reference === undefined) return undefined
    const orb = await store.orb(reference.orb)
    if (orb === undefined || !mayUse(orb, organizationId)) return undefined
    // A dev version may have been overwritten since; its importer goes on with the content it was published with.
    const source = pinned === undefined ? undefined : await store.source(pinned.digest)
    if (pinned !== undefined && source !== undefined) {
      return { source, resolved: pinned.resolved, digest: pinned.digest }
    }
    return findVersion(store, orb, reference.wanted)
  }
  return {
    resolve: (requests, organizationId) => Promise.all(requests.map((request) => resolveOne(request, organizationId))),
  }
}

function mayUse(orb: Orb, organizationId: string | null): boolean {
  return !orb.private || (organizationId !== null && orb.organizationId === organizationId)
}

async function pinOf(store: OrbStore, importer: string, reference: string) {
  const parsed = parseOrbReference(importer)
  const orb = parsed === undefined ? undefined : await store.orb(parsed.orb)
  if (orb === undefined) return undefined
  const imports = await store.importsOf(orb.id, importer.slice(importer.indexOf('@') + 1))
  return imports.find((known) => known.reference === reference)
}

async function findVersion(store: OrbStore, orb: Orb, wanted: WantedVersion): Promise<OrbContent | undefined> {
  const found = await store.version(orb.id, wanted)
  if (found === undefined) return undefined
  return { source: found.source, resolved: `${orb.name}@${found.version}`, digest: found.digest }
}
