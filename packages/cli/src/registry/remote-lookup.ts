import { createHash } from 'node:crypto'
import type { OrbContent, OrbLookup } from '@rondo/model'
import type { GraphqlClient } from './graphql-client.ts'

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

/** Orbs out of a registry that speaks the official GraphQL, ours or another. Each reference is asked for once. */
export function createRemoteLookup(client: GraphqlClient): OrbLookup {
  const known = new Map<string, Promise<OrbContent | undefined>>()
  async function fetchContent(reference: string): Promise<OrbContent | undefined> {
    const found = await fetchVersion(client, reference)
    if (found === undefined) return undefined
    const digest = createHash('sha256').update(found.source).digest('hex')
    return { source: found.source, resolved: `${found.orb.name}@${found.version}`, digest }
  }
  return {
    resolve: (requests) =>
      Promise.all(
        requests.map(({ reference }) => {
          const content = known.get(reference) ?? fetchContent(reference)
          known.set(reference, content)
          return content
        }),
      ),
  }
}
