import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compareReleases, isWanted, parseOrbReference } from '@rondo/model'
import { buildSchema, graphql } from 'graphql'

/** Another registry, as far as its reading goes: what `rondo orb mirror` copies from. */
export interface UpstreamRegistry {
  readonly url: string
  /** References and namespaces that were asked for, in order. */
  readonly asked: readonly string[]
  /** What a request did that the real one would refuse. */
  readonly complaints: readonly string[]
  /** References that it refuses to answer for, as when it falls ill in the middle. */
  readonly refusing: Set<string>
  stop(): Promise<void>
}

/** Fields and nullability as public clients of the real registry use them (reference/api, section 5), and nothing else. */
const schema = buildSchema(`
  type Query {
    orb(name: String!): Orb
    orbVersion(orbVersionRef: String!): OrbVersion
    registryNamespace(name: String): RegistryNamespace
    orbs(first: Int, after: String!, certifiedOnly: Boolean!): OrbConnection
  }
  enum OrbListViewType { PUBLIC_ONLY PRIVATE_ONLY }
  type RegistryNamespace { id: ID! name: String! orbs(first: Int, after: String, view: OrbListViewType): OrbConnection }
  type OrbConnection { totalCount: Int! edges: [OrbEdge!]! pageInfo: PageInfo! }
  type OrbEdge { cursor: String! node: Orb! }
  type PageInfo { hasNextPage: Boolean! }
  type Orb { id: ID! name: String! createdAt: String! versions(count: Int): [OrbVersion!]! }
  type OrbVersion { id: ID! version: String! source: String! createdAt: String! orb: Orb! }
`)

/** Pages are as small as can be, so that following them is seen. */
const pageSize = 1

/**
 * @param sources by `namespace/name@1.2.3`
 * @param published when, for those that are not of one moment
 */
export async function startUpstreamRegistry(
  sources: Readonly<Record<string, string>>,
  published: Readonly<Record<string, string>> = {},
): Promise<UpstreamRegistry> {
  const asked: string[] = []
  const complaints: string[] = []
  const refusing = new Set<string>()
  const root = createRoot({ sources, published }, asked, refusing)
  const server = createServer(async (request, response) => {
    const text = await textOf(request)
    complaints.push(...complaintsAbout(request))
    const { query, variables } = JSON.parse(text) as { query: string; variables: Record<string, unknown> }
    const result = await graphql({ schema, source: query, rootValue: root, variableValues: variables })
    complaints.push(...(result.errors ?? []).map(({ message }) => message).filter((message) => message !== ill))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    complaints,
    refusing,
    stop: () => new Promise((closed) => server.close(() => closed())),
  }
}

function complaintsAbout({ method, url, headers }: IncomingMessage): readonly string[] {
  const found: string[] = []
  if (method !== 'POST' || url !== '/graphql-unstable') found.push(`${method} ${url} is not POST /graphql-unstable`)
  if (!headers['content-type']?.startsWith('application/json')) found.push(`it sends ${headers['content-type']}`)
  if (headers.authorization?.startsWith('Bearer')) found.push('the token has a scheme')
  return found
}

const ill = 'The registry is not well.'

function createRoot(
  { sources, published }: Readonly<Record<'sources' | 'published', Readonly<Record<string, string>>>>,
  asked: string[],
  refusing: ReadonlySet<string>,
) {
  const versions = Object.entries(sources).map(([reference, source]) => {
    const [name = '', version = ''] = reference.split('@')
    return { name, version, source }
  })
  const releasesOf = (name: string) =>
    versions
      .filter((entry) => entry.name === name)
      .sort((a, b) => -compareReleases(a.version, b.version))
      .map((entry) => ({
        id: entry.version,
        version: entry.version,
        source: entry.source,
        createdAt: published[`${name}@${entry.version}`] ?? '2024-01-01T00:00:00Z',
      }))
  const orbOf = (name: string) => ({
    id: name,
    name,
    createdAt: '2024-01-01T00:00:00Z',
    versions: ({ count = 200 }: { count?: number }) => releasesOf(name).slice(0, count),
  })
  const names = [...new Set(versions.map(({ name }) => name))].sort()
  const page = (of: readonly string[], after: string) => {
    const rest = of.filter((name) => name > after)
    const edges = rest.slice(0, pageSize).map((name) => ({ cursor: name, node: orbOf(name) }))
    return { totalCount: of.length, edges, pageInfo: { hasNextPage: rest.length > pageSize } }
  }
  return {
    orb({ name }: { name: string }) {
      asked.push(name)
      return names.includes(name) ? orbOf(name) : null
    },
    orbVersion({ orbVersionRef }: { orbVersionRef: string }) {
      asked.push(orbVersionRef)
      if (refusing.has(orbVersionRef)) throw new Error(ill)
      const wanted = parseOrbReference(orbVersionRef)
      const found = wanted && releasesOf(wanted.orb).find(({ version }) => isWanted(version, wanted.wanted))
      return found === undefined ? null : { ...found, orb: orbOf(wanted?.orb ?? '') }
    },
    registryNamespace({ name }: { name: string }) {
      asked.push(name)
      const own = names.filter((orb) => orb.startsWith(`${name}/`))
      return own.length === 0 ? null : { id: name, name, orbs: ({ after }: { after: string }) => page(own, after) }
    },
    orbs: ({ after }: { after: string }) => page(names, after),
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
