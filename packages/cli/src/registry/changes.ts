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

/** Brings one version in as another registry has it, with its namespace and orb. */
export async function importVersion(
  client: GraphqlClient,
  at: { readonly orb: string; readonly version: string },
  source: string,
): Promise<void> {
  const [namespaceName, orbName] = at.orb.split('/')
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
  await change(
    client,
    'importOrbVersion',
    `mutation ($orb: UUID!, $source: String!, $version: String!) {
      importOrbVersion(orbId: $orb, orbYaml: $source, version: $version) { errors { message } }
    }`,
    { orb: orb.id, source, version: at.version },
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
  const { organization: owner } = await client.ask<{ organization: { id: string } }>(
    'query ($name: String, $vcsType: VCSType) { organization(name: $name, vcsType: $vcsType) { id } }',
    { name: organization.replace(/^(?:gh|github)\//, ''), vcsType: 'GITHUB' },
  )
  const { namespace } = await change<Refusable & { namespace: { id: string } }>(
    client,
    'createNamespace',
    `mutation ($name: String!, $organization: UUID!) {
      createNamespace(name: $name, organizationId: $organization) { namespace { id } errors { message } }
    }`,
    { name, organization: owner.id },
  )
  return namespace.id
}
