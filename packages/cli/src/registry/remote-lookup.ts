import { createHash } from 'node:crypto'
import { missingOrb } from '@rondo/conductor'
import { isWanted, type OrbAnswer, type OrbLookup, type OrbRequest, parseOrbReference } from '@rondo/model'
import { nullable, objectOf, type Shaped, text } from './answer-shape.ts'
import { type GraphqlClient, garbled } from './graphql-client.ts'
import { releasesOf } from './list-orbs.ts'
import { createPins } from './pins.ts'

const remoteVersion = objectOf({ version: text, source: text, orb: objectOf({ name: text }) })

export type RemoteVersion = Shaped<typeof remoteVersion>

const byReference = `query ($orbVersionRef: String!) {
  orbVersion(orbVersionRef: $orbVersionRef) { version source orb { name } }
}`

/** A version by a reference as configs write it; undefined when the registry has none. */
export async function fetchVersion(client: GraphqlClient, reference: string): Promise<RemoteVersion | undefined> {
  const { orbVersion } = await client.ask(
    byReference,
    { orbVersionRef: reference },
    objectOf({ orbVersion: nullable(remoteVersion) }),
  )
  if (orbVersion === null) return undefined
  const wanted = parseOrbReference(reference)
  if (wanted !== undefined && !isWanted(orbVersion.version, wanted.wanted)) throw garbled(client.url)
  return orbVersion
}

export interface RemoteLookupOptions {
  /**
   * Under which name an orb is taken: as the registry answers, or as it was asked for, which differs where its namespace was
   * renamed there. Default as answered.
   */
  readonly names?: 'answered' | 'asked'
}

/** Orbs out of a registry that speaks the official GraphQL. Each reference is asked for once. */
export function createRemoteLookup(client: GraphqlClient, { names = 'answered' }: RemoteLookupOptions = {}): OrbLookup {
  const contents = new Map<string, Promise<OrbAnswer>>()
  const pins = createPins(client)

  async function fetchContent(reference: string): Promise<OrbAnswer> {
    const found = await fetchVersion(client, reference)
    if (found === undefined) return whyMissing(client, reference)
    const digest = createHash('sha256').update(found.source).digest('hex')
    const asked = names === 'asked' ? parseOrbReference(reference)?.orb : undefined
    return { source: found.source, resolved: `${asked ?? found.orb.name}@${found.version}`, digest }
  }

  async function resolveOne({ reference, importer }: OrbRequest): Promise<OrbAnswer> {
    const exact = importer === undefined ? reference : await pins.resolve(importer, reference)
    const content = contents.get(exact) ?? fetchContent(exact)
    contents.set(exact, content)
    return content
  }

  return { resolve: (requests) => Promise.all(requests.map(resolveOne)) }
}

async function whyMissing(client: GraphqlClient, reference: string): Promise<OrbAnswer> {
  const orb = parseOrbReference(reference)?.orb
  if (orb === undefined) return undefined
  const releases = await releasesOf(client, orb)
  return missingOrb(reference, releases === undefined ? undefined : (releases[0] ?? null))
}
