import {
  settings as known,
  type Orb,
  type OrbAnswer,
  type OrbContent,
  type OrbLookup,
  type OrbRefusal,
  type OrbRequest,
  type OrbStore,
  parseOrbReference,
  type SettingsStore,
  type WantedVersion,
} from '@rondo/model'
import { missingOrb } from './missing-orb.ts'
import { createUrlOrbs, type UrlOrbPorts } from './url-orbs.ts'

export interface OrbLookupPorts {
  /** Left out: there are no orbs at addresses. */
  readonly urls?: UrlOrbPorts
  /** Left out: every orb that may be seen may be used. */
  readonly settings?: Pick<SettingsStore, 'inOrganization'>
}

/**
 * Orbs of a compile out of the registry. What an orb imports was fixed when it was published: a range inside it does not
 * move later (semantics 9.2); what could not be fixed then is looked up now.
 */
export function createOrbLookup(store: OrbStore, { urls, settings }: OrbLookupPorts = {}): OrbLookup {
  const urlOrbs = urls && createUrlOrbs(urls)

  async function resolveOne(request: OrbRequest, organizationId: string | null): Promise<OrbAnswer> {
    if (request.reference.startsWith('https://')) return urlOrbs?.resolve(request.reference, organizationId)
    const pinned = request.importer === undefined ? undefined : await pinOf(store, request.importer, request.reference)
    const reference = parseOrbReference(pinned?.resolved ?? request.reference)
    if (reference === undefined) return undefined
    const orb = await store.orb(reference.orb)
    if (orb === undefined || !maySee(orb, organizationId)) return missingOrb(request.reference, undefined)
    // A dev version may have been overwritten since; its importer goes on with the content it was published with.
    const source = pinned === undefined ? undefined : await store.source(pinned.digest)
    if (pinned !== undefined && source !== undefined) {
      return { source, resolved: pinned.resolved, digest: pinned.digest }
    }
    if (!(await mayUse(orb, organizationId))) return uncertified(orb)
    const found = await findVersion(store, orb, reference.wanted)
    if (found !== undefined) return found
    const [newest] = await store.releases(orb.id, 1)
    return missingOrb(request.reference, newest?.version ?? null)
  }

  /** What an orb imports was checked for whoever published it, and is not asked again. */
  async function mayUse(orb: Orb, organizationId: string | null): Promise<boolean> {
    if (orb.certified || settings === undefined) return true
    if (organizationId !== null && orb.organizationId === organizationId) return true
    const values = await settings.inOrganization(organizationId)
    return (values[uncertifiedSetting] ?? known[uncertifiedSetting].fallback) === 1
  }
  return {
    resolve: (requests, organizationId) => Promise.all(requests.map((request) => resolveOne(request, organizationId))),
  }
}

const uncertifiedSetting = 'orbs.uncertified'

function uncertified({ name }: Orb): OrbRefusal {
  const namespace = name.slice(0, name.indexOf('/'))
  return {
    refused: `The orb ${name} is not certified, and this organization uses no such orbs of others`,
    cure: `An administrator of the installation certifies its namespace: rondo orb certify ${namespace}. Or one of the organization allows such orbs: rondo admin settings ${uncertifiedSetting} yes --organization gh/ORG`,
  }
}

function maySee(orb: Orb, organizationId: string | null): boolean {
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
