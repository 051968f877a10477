import type { OrbPin } from '@rondo/model'
import { CallError } from '../noun.ts'
import { listOf, nullable, objectOf, type Shape, text } from './answer-shape.ts'
import { type GraphqlClient, garbled } from './graphql-client.ts'

const refusable = objectOf({ errors: listOf(objectOf({ message: text })) })
const withId = objectOf({ id: text })
const withVersion = objectOf({ version: text })

/** Runs one change; a refusal becomes a CallError in the server's words. @param payload what it answers when it was done */
async function change<Payload>(
  client: GraphqlClient,
  name: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  payload: Shape<Payload>,
): Promise<Payload> {
  const answer = (await client.ask(query, variables, objectOf({ [name]: refusable })))[name]
  if (answer === undefined) throw garbled(client.url)
  if (answer.errors.length > 0) throw new CallError(answer.errors.map(({ message }) => message).join('\n'), 1)
  const done: unknown = answer
  if (!payload(done)) throw garbled(client.url)
  return done
}

export async function publishOrb(
  client: GraphqlClient,
  at: { readonly orb: string; readonly version: string },
  source: string,
): Promise<string> {
  const [namespaceName, orbName] = at.orb.split('/')
  const { orb } = await change(
    client,
    'publishOrb',
    `mutation ($namespaceName: String, $orbName: String, $source: String!, $version: String!) {
      publishOrb(namespaceName: $namespaceName, orbName: $orbName, orbYaml: $source, version: $version) {
        orb { version }
        errors { message }
      }
    }`,
    { namespaceName, orbName, source, version: at.version },
    objectOf({ orb: withVersion }),
  )
  return orb.version
}

export async function promoteOrb(client: GraphqlClient, orb: string, dev: string, version: string): Promise<string> {
  const [namespaceName, orbName] = orb.split('/')
  const payload = await change(
    client,
    'promoteOrb',
    `mutation ($namespaceName: String, $orbName: String, $dev: String!, $version: String!) {
      promoteOrb(namespaceName: $namespaceName, orbName: $orbName, devVersion: $dev, semanticVersion: $version) {
        orb { version }
        errors { message }
      }
    }`,
    { namespaceName, orbName, dev, version },
    objectOf({ orb: withVersion }),
  )
  return payload.orb.version
}

/** Makes an orb of another registry, with its namespace, unless it is there; answers its id. */
export async function importOrb(client: GraphqlClient, name: string): Promise<string> {
  const [namespaceName, orbName] = name.split('/')
  const { namespace } = await change(
    client,
    'importNamespace',
    'mutation ($name: String!) { importNamespace(name: $name) { namespace { id } errors { message } } }',
    { name: namespaceName },
    objectOf({ namespace: withId }),
  )
  const { orb } = await change(
    client,
    'importOrb',
    `mutation ($name: String!, $namespace: UUID!) {
      importOrb(name: $name, registryNamespaceId: $namespace) { orb { id } errors { message } }
    }`,
    { name: orbName, namespace: namespace.id },
    objectOf({ orb: withId }),
  )
  return orb.id
}

/** Brings one version in as another registry has it. */
export async function importVersion(
  client: GraphqlClient,
  orbId: string,
  version: string,
  content: { readonly source: string; readonly imports: readonly OrbPin[] },
): Promise<void> {
  await change(
    client,
    'importOrbVersion',
    `mutation ($orb: UUID!, $source: String!, $version: String!, $imports: [OrbImportInput!]) {
      importOrbVersion(orbId: $orb, orbYaml: $source, version: $version, imports: $imports) { errors { message } }
    }`,
    { orb: orbId, version, ...content },
    refusable,
  )
}

async function idOf(client: GraphqlClient, orb: string): Promise<string> {
  const found = await client.ask(
    'query ($name: String!) { orb(name: $name) { id } }',
    { name: orb },
    objectOf({ orb: nullable(withId) }),
  )
  if (found.orb === null)
    throw new CallError(`${new URL(client.url).host} has no orb ${orb}. \`rondo orb list\` shows those it has.`, 1)
  return found.orb.id
}

export async function listOrb(client: GraphqlClient, orb: string, listed: boolean): Promise<void> {
  await change(
    client,
    'setOrbListStatus',
    'mutation ($id: UUID!, $listed: Boolean!) { setOrbListStatus(orbId: $id, list: $listed) { errors { message } } }',
    { id: await idOf(client, orb), listed },
    refusable,
  )
}

const categories = objectOf({
  orbCategories: objectOf({ edges: listOf(objectOf({ node: objectOf({ id: text, name: text }) })) }),
})

export interface Category {
  readonly id: string
  readonly name: string
}

/** The categories that are meant, however they are written; all are known before one of them is used. */
export async function requireCategories(client: GraphqlClient, names: readonly string[]): Promise<readonly Category[]> {
  if (names.length === 0) return []
  const { orbCategories } = await client.ask(
    '{ orbCategories(first: 200) { edges { node { id name } } } }',
    {},
    categories,
  )
  const known = orbCategories.edges.map(({ node }) => node)
  return names.map((wanted) => {
    const found = known.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())
    if (found !== undefined) return found
    throw new CallError(`There is no category "${wanted}". There are ${known.map(({ name }) => name).join(', ')}.`)
  })
}

/** Puts an orb into a category, or takes it out. */
export async function categorizeOrb(client: GraphqlClient, orb: string, category: Category, present: boolean) {
  const name = present ? 'addCategorizationToOrb' : 'removeCategorizationFromOrb'
  await change(
    client,
    name,
    `mutation ($orb: UUID!, $category: UUID!) { ${name}(orbId: $orb, categoryId: $category) { errors { message } } }`,
    { orb: await idOf(client, orb), category: category.id },
    refusable,
  )
}

/** Says whether the installation vouches for a namespace. */
export async function certifyNamespace(client: GraphqlClient, name: string, certified: boolean): Promise<void> {
  const { registryNamespace } = await client.ask(
    'query ($name: String) { registryNamespace(name: $name) { id } }',
    { name },
    objectOf({ registryNamespace: nullable(withId) }),
  )
  if (registryNamespace === null)
    throw new CallError(`There is no namespace ${name}. \`rondo orb list\` shows every orb with its namespace.`, 1)
  await change(
    client,
    'setNamespaceCertified',
    `mutation ($id: UUID!, $certified: Boolean!) {
      setNamespaceCertified(namespaceId: $id, certified: $certified) { errors { message } }
    }`,
    { id: registryNamespace.id, certified },
    refusable,
  )
}

const find = `query ($namespace: String, $orb: String!) { registryNamespace(name: $namespace) { id } orb(name: $orb) { id } }`

/** Makes an orb, and its namespace for an organisation when there is none yet. */
export async function createOrb(
  client: GraphqlClient,
  orb: string,
  options: { readonly organization?: string; readonly private: boolean },
): Promise<void> {
  const [namespaceName, orbName] = orb.split('/')
  const found = await client.ask(
    find,
    { namespace: namespaceName, orb },
    objectOf({ registryNamespace: nullable(withId) }),
  )
  const namespaceId =
    found.registryNamespace?.id ?? (await createNamespace(client, namespaceName, options.organization))
  await change(
    client,
    'createOrb',
    `mutation ($name: String!, $namespace: UUID!, $private: Boolean) {
      createOrb(name: $name, registryNamespaceId: $namespace, isPrivate: $private) { errors { message } }
    }`,
    { name: orbName, namespace: namespaceId, private: options.private },
    refusable,
  )
}

async function createNamespace(client: GraphqlClient, name: string | undefined, organization: string | undefined) {
  if (organization === undefined)
    throw new CallError(`There is no namespace ${name}. Say with --org ORGANIZATION whose it shall be.`, 1)
  const owner = await organizationId(client, organization.replace(/^(?:gh|github)\//, ''))
  const { namespace } = await change(
    client,
    'createNamespace',
    `mutation ($name: String!, $organization: UUID!) {
      createNamespace(name: $name, organizationId: $organization) { namespace { id } errors { message } }
    }`,
    { name, organization: owner },
    objectOf({ namespace: withId }),
  )
  return namespace.id
}

async function organizationId(client: GraphqlClient, name: string): Promise<string> {
  try {
    const { organization } = await client.ask(
      'query ($name: String, $vcsType: VCSType) { organization(name: $name, vcsType: $vcsType) { id } }',
      { name, vcsType: 'GITHUB' },
      objectOf({ organization: withId }),
    )
    return organization.id
  } catch (error) {
    if (!(error instanceof CallError) || !error.message.includes('Org not found')) throw error
    throw new CallError(
      `${new URL(client.url).host} has no organization ${name} that you belong to. Check the name, or ask one of its administrators to add you.`,
      1,
    )
  }
}
