import { CallError } from '../noun.ts'
import { listOf, nullable, objectOf, type Shaped, text, yesNo } from './answer-shape.ts'
import { type GraphqlClient, garbled } from './graphql-client.ts'

export interface ListedOrb {
  readonly name: string
  /** The newest release; null when there is none. */
  readonly version: string | null
}

const connection = objectOf({
  edges: listOf(
    objectOf({ cursor: text, node: objectOf({ name: text, versions: listOf(objectOf({ version: text })) }) }),
  ),
  pageInfo: objectOf({ hasNextPage: yesNo }),
})

type Connection = Shaped<typeof connection>

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
  const orbs = await everyPage(client, (after) => fetchPage(client, namespace, view, after))
  return orbs.map(({ name, versions }) => ({ name, version: versions[0]?.version ?? null }))
}

async function fetchPage(
  client: GraphqlClient,
  namespace: string | undefined,
  view: string,
  after: string,
): Promise<Connection> {
  if (namespace === undefined)
    return (await client.ask(everywhere, { after, certifiedOnly: false }, objectOf({ orbs: connection }))).orbs
  const { registryNamespace } = await client.ask(
    ofNamespace,
    { namespace, after, view },
    objectOf({ registryNamespace: nullable(objectOf({ orbs: connection })) }),
  )
  if (registryNamespace === null)
    throw new CallError(
      `${new URL(client.url).host} has no namespace ${namespace}. \`rondo orb list\` shows every orb it has.`,
      1,
    )
  return registryNamespace.orbs
}

interface Page<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: { readonly hasNextPage: boolean }
}

/** What all pages hold. A registry whose pages bring nothing new and say there are more is not asked for ever. */
async function everyPage<Node extends { readonly name: string }>(
  client: GraphqlClient,
  fetch: (after: string) => Promise<Page<Node>>,
): Promise<readonly Node[]> {
  const found = new Map<string, Node>()
  for (let after = ''; ; ) {
    const { edges, pageInfo } = await fetch(after)
    const before = found.size
    for (const { node } of edges) found.set(node.name, node)
    const last = edges.at(-1)?.cursor
    if (!pageInfo.hasNextPage || last === undefined) return [...found.values()]
    if (found.size === before) throw garbled(client.url)
    after = last
  }
}

const importedPage = objectOf({
  edges: listOf(objectOf({ cursor: text, node: objectOf({ name: text, isImported: yesNo }) })),
  pageInfo: objectOf({ hasNextPage: yesNo }),
})

/** Names of the orbs that came from other registries. */
export async function importedOrbs(client: GraphqlClient): Promise<readonly string[]> {
  const query = `query ($after: String!) {
    orbs(first: 100, after: $after) { edges { cursor node { name isImported } } pageInfo { hasNextPage } }
  }`
  const shape = objectOf({ orbs: importedPage })
  const orbs = await everyPage(client, async (after) => (await client.ask(query, { after }, shape)).orbs)
  return orbs.filter(({ isImported }) => isImported).map(({ name }) => name)
}

export interface DatedRelease {
  readonly version: string
  /** In ms. */
  readonly createdAt: number
}

/** Releases of an orb with the times they were published at, newest first; none when there is no such orb. */
export async function datedReleasesOf(client: GraphqlClient, orb: string): Promise<readonly DatedRelease[]> {
  const found = await client.ask(
    'query ($name: String!) { orb(name: $name) { versions(count: 200) { version createdAt } } }',
    { name: orb },
    objectOf({ orb: nullable(objectOf({ versions: listOf(objectOf({ version: text, createdAt: text })) })) }),
  )
  const versions = found.orb?.versions ?? []
  return versions.map(({ version, createdAt }) => ({ version, createdAt: Date.parse(createdAt) }))
}

/** Releases of an orb, newest first; undefined when there is no such orb. */
export async function releasesOf(client: GraphqlClient, orb: string): Promise<readonly string[] | undefined> {
  const found = await client.ask(
    'query ($name: String!) { orb(name: $name) { versions(count: 200) { version } } }',
    { name: orb },
    objectOf({ orb: nullable(objectOf({ versions: listOf(objectOf({ version: text })) })) }),
  )
  return found.orb?.versions.map(({ version }) => version)
}
