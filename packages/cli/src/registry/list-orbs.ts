import { CallError } from '../noun.ts'
import type { GraphqlClient } from './graphql-client.ts'

export interface ListedOrb {
  readonly name: string
  /** The newest release; null when there is none. */
  readonly version: string | null
}

interface Connection {
  readonly edges: readonly {
    readonly cursor: string
    readonly node: { readonly name: string; readonly versions: readonly { readonly version: string }[] }
  }[]
  readonly pageInfo: { readonly hasNextPage: boolean }
}

const fields = '{ edges { cursor node { name versions(count: 1) { version } } } pageInfo { hasNextPage } }'
const everywhere = `query ($after: String!, $certifiedOnly: Boolean!) {
  orbs(first: 100, after: $after, certifiedOnly: $certifiedOnly) ${fields}
}`
const ofNamespace = `query ($namespace: String, $after: String!, $view: OrbListViewType) {
  registryNamespace(name: $namespace) { id orbs(first: 20, after: $after, view: $view) ${fields} }
}`

/** Every orb of a namespace, or every public one of the registry, page by page. */
export async function listOrbs(
  client: GraphqlClient,
  namespace: string | undefined,
  view: 'PUBLIC_ONLY' | 'PRIVATE_ONLY',
): Promise<readonly ListedOrb[]> {
  const orbs: ListedOrb[] = []
  for (let after = ''; ; ) {
    const { edges, pageInfo } = await fetchPage(client, namespace, view, after)
    for (const { node } of edges) orbs.push({ name: node.name, version: node.versions[0]?.version ?? null })
    const last = edges.at(-1)?.cursor
    if (!pageInfo.hasNextPage || last === undefined || last === after) return orbs
    after = last
  }
}

async function fetchPage(
  client: GraphqlClient,
  namespace: string | undefined,
  view: string,
  after: string,
): Promise<Connection> {
  if (namespace === undefined)
    return (await client.ask<{ orbs: Connection }>(everywhere, { after, certifiedOnly: false })).orbs
  const { registryNamespace } = await client.ask<{ registryNamespace: { orbs: Connection } | null }>(ofNamespace, {
    namespace,
    after,
    view,
  })
  if (registryNamespace === null) throw new CallError(`${new URL(client.url).host} has no namespace ${namespace}.`, 1)
  return registryNamespace.orbs
}

/** Names of the orbs that came from other registries. */
export async function importedOrbs(client: GraphqlClient): Promise<readonly string[]> {
  const names: string[] = []
  for (let after = ''; ; ) {
    const { orbs } = await client.ask<{ orbs: ImportedPage }>(
      `query ($after: String!) {
        orbs(first: 100, after: $after) { edges { cursor node { name isImported } } pageInfo { hasNextPage } }
      }`,
      { after },
    )
    for (const { node } of orbs.edges) if (node.isImported) names.push(node.name)
    const last = orbs.edges.at(-1)?.cursor
    if (!orbs.pageInfo.hasNextPage || last === undefined) return names
    after = last
  }
}

interface ImportedPage {
  readonly edges: readonly { readonly cursor: string; readonly node: { name: string; isImported: boolean } }[]
  readonly pageInfo: { readonly hasNextPage: boolean }
}

export interface DatedRelease {
  readonly version: string
  /** In ms. */
  readonly createdAt: number
}

/** Releases of an orb with the times they were published at, newest first; none when there is no such orb. */
export async function datedReleasesOf(client: GraphqlClient, orb: string): Promise<readonly DatedRelease[]> {
  const found = await client.ask<{ orb: { versions: readonly { version: string; createdAt: string }[] } | null }>(
    'query ($name: String!) { orb(name: $name) { versions(count: 200) { version createdAt } } }',
    { name: orb },
  )
  const versions = found.orb?.versions ?? []
  return versions.map(({ version, createdAt }) => ({ version, createdAt: Date.parse(createdAt) }))
}

/** Releases of an orb, newest first; undefined when there is no such orb. */
export async function releasesOf(client: GraphqlClient, orb: string): Promise<readonly string[] | undefined> {
  const found = await client.ask<{ orb: { versions: readonly { version: string }[] } | null }>(
    'query ($name: String!) { orb(name: $name) { versions(count: 200) { version } } }',
    { name: orb },
  )
  return found.orb?.versions.map(({ version }) => version)
}
