import { createHash } from 'node:crypto'
import { missingOrb } from '@rondo/conductor'
import { type OrbAnswer, type OrbLookup, type OrbRequest, parseOrbReference } from '@rondo/model'
import { CallError } from '../noun.ts'
import type { GraphqlClient } from './graphql-client.ts'
import { releasesOf } from './list-orbs.ts'

export interface RemoteVersion {
  readonly version: string
  readonly source: string
  readonly orb: { readonly name: string }
}

const byReference = `query ($orbVersionRef: String!) {
  orbVersion(orbVersionRef: $orbVersionRef) { version source orb { name } }
}`

/** A version by a reference as configs write it; undefined when the registry has none. */
export async function fetchVersion(client: GraphqlClient, reference: string): Promise<RemoteVersion | undefined> {
  const { orbVersion } = await client.ask<{ orbVersion: RemoteVersion | null }>(byReference, {
    orbVersionRef: reference,
  })
  return orbVersion ?? undefined
}

interface Pin {
  readonly reference: string
  readonly resolved: string
}

const importsQuery = `query ($orbVersionRef: String!) {
  orbVersion(orbVersionRef: $orbVersionRef) { imports { reference resolved } }
}`

/** What an orb's imports were when it was published; nothing from registries that do not tell. */
async function fetchPins(client: GraphqlClient, importer: string): Promise<readonly Pin[]> {
  try {
    const variables = { orbVersionRef: importer }
    const found = await client.ask<{ orbVersion: { imports: readonly Pin[] } | null }>(importsQuery, variables)
    return found.orbVersion?.imports ?? []
  } catch (error) {
    if (error instanceof CallError) return []
    throw error
  }
}

/**
 * Orbs out of a registry that speaks the official GraphQL. Each reference is asked for once.
 * @param options.pins whether what an orb imports is asked for too, which only Rondo tells; else its ranges are resolved anew
 */
export function createRemoteLookup(client: GraphqlClient, options: { readonly pins: boolean }): OrbLookup {
  const contents = new Map<string, Promise<OrbAnswer>>()
  const pins = new Map<string, Promise<readonly Pin[]>>()

  async function pinned({ reference, importer }: OrbRequest): Promise<string> {
    if (!options.pins || importer === undefined || parseOrbReference(importer) === undefined) return reference
    const own = once(pins, importer, () => fetchPins(client, importer))
    return (await own).find((pin) => pin.reference === reference)?.resolved ?? reference
  }

  async function fetchContent(reference: string): Promise<OrbAnswer> {
    const found = await fetchVersion(client, reference)
    if (found === undefined) return whyMissing(client, reference)
    const digest = createHash('sha256').update(found.source).digest('hex')
    return { source: found.source, resolved: `${found.orb.name}@${found.version}`, digest }
  }

  return {
    resolve: (requests) =>
      Promise.all(
        requests.map(async (request) => {
          const reference = await pinned(request)
          return once(contents, reference, () => fetchContent(reference))
        }),
      ),
  }
}

async function whyMissing(client: GraphqlClient, reference: string): Promise<OrbAnswer> {
  const orb = parseOrbReference(reference)?.orb
  if (orb === undefined) return undefined
  const releases = await releasesOf(client, orb)
  return missingOrb(reference, releases === undefined ? undefined : (releases[0] ?? null))
}

function once<T>(known: Map<string, Promise<T>>, key: string, fetch: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? fetch()
  known.set(key, value)
  return value
}
