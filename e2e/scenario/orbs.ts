import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from '@rondo/testkit'

const published = join(import.meta.dirname, '../../../shared/reference/config/orbs')

/** Whether the published orbs, which are not part of this repository, lie beside it. */
export function orbsAtHand(): boolean {
  return existsSync(published)
}

/** Source of a published orb, by `namespace/name@version`. */
export function publishedOrb(reference: string): string {
  return readFileSync(join(published, `${reference}.yml`), 'utf8')
}

/** Imports an orb into the registry of the installation, as an administrator does. Again it changes nothing. */
export async function importOrb(stack: Stack, reference: string, source: string): Promise<void> {
  const [, namespace = '', name = '', version = ''] = /^([^/]+)\/([^@]+)@(.+)$/.exec(reference) ?? []
  const space = await ask(stack, 'importNamespace(name: $name)', 'namespace', { name: [namespace, 'String!'] })
  const orb = await ask(stack, 'importOrb(name: $name, registryNamespaceId: $space)', 'orb', {
    name: [name, 'String!'],
    space: [space, 'UUID!'],
  })
  await ask(stack, 'importOrbVersion(orbId: $orb, orbYaml: $source, version: $version)', 'orb', {
    orb: [orb, 'UUID!'],
    source: [source, 'String!'],
    version: [version, 'String!'],
  })
}

type Answer = Record<string, { id: string }> & { errors: { message: string }[] }

/** Calls a mutation; answers the id of what it answers as `made`. */

async function ask(
  stack: Stack,
  call: string,
  made: 'namespace' | 'orb',
  variables: Readonly<Record<string, readonly [value: string, type: string]>>,
): Promise<string> {
  const declared = Object.entries(variables).map(([name, [, type]]) => `$${name}: ${type}`)
  const { data, errors } = await stack.api<{ data?: { it: Answer }; errors?: unknown }>('POST', '/graphql-unstable', {
    query: `mutation (${declared.join(', ')}) { it: ${call} { ${made} { id } errors { message } } }`,
    variables: Object.fromEntries(Object.entries(variables).map(([name, [value]]) => [name, value])),
  })
  const id = data?.it[made]?.id
  if (id === undefined) throw new Error(`${call}: ${JSON.stringify(errors ?? data?.it.errors)}`)
  return id
}
