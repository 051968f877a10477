import type { OrbPin } from '@rondo/model'
import { CallError } from '../noun.ts'
import type { GraphqlClient } from './graphql-client.ts'

interface Refusable {
  readonly errors: readonly { readonly message: string; readonly type?: string }[]
}

/** Runs one change; a refusal becomes a CallError in the server's words. */
async function change<Payload extends Refusable>(
  client: GraphqlClient,
  name: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Payload> {
  const payload = (await client.ask<Record<string, Payload>>(query, variables))[name]
  if (payload === undefined) throw new CallError(`${client.url} gave no answer to ${name}. Is it a Rondo server?`, 1)
  if (payload.errors.length > 0) throw new CallError(payload.errors.map(({ message }) => message).join('\n'), 1)
  return payload
}

export async function publishOrb(
  client: GraphqlClient,
  at: { readonly orb: string; readonly version: string },
  source: string,
): Promise<string> {
  const [namespaceName, orbName] = at.orb.split('/')
  const { orb } = await change<Refusable & { orb: { version: string } }>(
    client,
    'publishOrb',
    `mutation ($namespaceName: String, $orbName: String, $source: String!, $version: String!) {
      publishOrb(namespaceName: $namespaceName, orbName: $orbName, orbYaml: $source, version: $version) {
        orb { version }
        errors { message }
      }
    }`,
    { namespaceName, orbName, source, version: at.version },
  )
  return orb.version
}

export async function promoteOrb(client: GraphqlClient, orb: string, dev: string, version: string): Promise<string> {
  const [namespaceName, orbName] = orb.split('/')
  const payload = await change<Refusable & { orb: { version: string } }>(
    client,
    'promoteOrb',
    `mutation ($namespaceName: String, $orbName: String, $dev: String!, $version: String!) {
      promoteOrb(namespaceName: $namespaceName, orbName: $orbName, devVersion: $dev, semanticVersion: $version) {
        orb { version }
        errors { message }
      }
    }`,
    { namespaceName, orbName, dev, version },
  )
  return payload.orb.version
}

/** Makes an orb of another registry, with its namespace, unless it is there; answers its id. */
export async function importOrb(client: GraphqlClient, name: string): Promise<string> {
  const [namespaceName, orbName] = name.split('/')
  const { namespace } = await change<Refusable & { namespace: { id: string } }>(
    client,
    'importNamespace',
    'mutation ($name: String!) { importNamespace(name: $name) { namespace { id } errors { message } } }',
    { name: namespaceName },
  )
  const { orb } = await change<Refusable & { orb: { id: string } }>(
    client,
    'importOrb',
    `mutation ($name: String!, $namespace: UUID!) {
      importOrb(name: $name, registryNamespaceId: $namespace) { orb { id } errors { message } }
    }`,
    { name: orbName, namespace: namespace.id },
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
  )
}

async function idOf(client: GraphqlClient, orb: string): Promise<string> {
  const found = await client.ask<{ orb: { id: string } | null }>('query ($name: String!) { orb(name: $name) { id } }', {
    name: orb,
  })
  if (found.orb === null) throw new CallError(`${new URL(client.url).host} has no orb ${orb}.`, 1)
  return found.orb.id
}

export async function listOrb(client: GraphqlClient, orb: string, listed: boolean): Promise<void> {
  await change(
    client,
    'setOrbListStatus',
    'mutation ($id: UUID!, $listed: Boolean!) { setOrbListStatus(orbId: $id, list: $listed) { errors { message } } }',
    { id: await idOf(client, orb), listed },
  )
}

/** Puts an orb into a category, or takes it out. */
export async function categorizeOrb(client: GraphqlClient, orb: string, category: string, present: boolean) {
  const { orbCategories } = await client.ask<{
    orbCategories: { edges: readonly { node: { id: string; name: string } }[] }
  }>('{ orbCategories(first: 200) { edges { node { id name } } } }', {})
  const known = orbCategories.edges.map(({ node }) => node)
  const found = known.find(({ name }) => name.toLowerCase() === category.toLowerCase())
  if (found === undefined)
    throw new CallError(`There is no category "${category}". There are ${known.map(({ name }) => name).join(', ')}.`)
  const name = present ? 'addCategorizationToOrb' : 'removeCategorizationFromOrb'
  await change(
    client,
    name,
    `mutation ($orb: UUID!, $category: UUID!) { ${name}(orbId: $orb, categoryId: $category) { errors { message } } }`,
    { orb: await idOf(client, orb), category: found.id },
  )
}

/** Says whether the installation vouches for a namespace. */
export async function certifyNamespace(client: GraphqlClient, name: string, certified: boolean): Promise<void> {
  const { registryNamespace } = await client.ask<{ registryNamespace: { id: string } | null }>(
    'query ($name: String) { registryNamespace(name: $name) { id } }',
    { name },
  )
  if (registryNamespace === null) throw new CallError(`There is no namespace ${name}.`, 1)
  await change(
    client,
    'setNamespaceCertified',
    `mutation ($id: UUID!, $certified: Boolean!) {
      setNamespaceCertified(namespaceId: $id, certified: $certified) { errors { message } }
    }`,
    { id: registryNamespace.id, certified },
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
  const found = await client.ask<{ registryNamespace: { id: string } | null }>(find, { namespace: namespaceName, orb })
  const namespaceId =
    found.registryNamespace?.id ?? (await createNamespace(client, namespaceName, options.organization))
  await change(
    client,
    'createOrb',
    `mutation ($name: String!, $namespace: UUID!, $private: Boolean) {
      createOrb(name: $name, registryNamespaceId: $namespace, isPrivate: $private) { errors { message } }
    }`,
    { name: orbName, namespace: namespaceId, private: options.private },
  )
}

async function createNamespace(client: GraphqlClient, name: string | undefined, organization: string | undefined) {
  if (organization === undefined)
    throw new CallError(`There is no namespace ${name}. Say with --org ORGANIZATION whose it shall be.`, 1)
  const owner = await organizationId(client, organization.replace(/^(?:gh|github)\//, ''))
  const { namespace } = await change<Refusable & { namespace: { id: string } }>(
    client,
    'createNamespace',
    `mutation ($name: String!, $organization: UUID!) {
      createNamespace(name: $name, organizationId: $organization) { namespace { id } errors { message } }
    }`,
    { name, organization: owner },
  )
  return namespace.id
}

async function organizationId(client: GraphqlClient, name: string): Promise<string> {
  try {
    const { organization } = await client.ask<{ organization: { id: string } }>(
      'query ($name: String, $vcsType: VCSType) { organization(name: $name, vcsType: $vcsType) { id } }',
      { name, vcsType: 'GITHUB' },
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
