import { CallError } from '../noun.ts'
import type { GraphqlClient } from './graphql-client.ts'

/** What the registry knows of an orb. */
export interface OrbDescription {
  readonly name: string
  readonly isPrivate: boolean
  readonly isListed: boolean
  readonly isCertified: boolean
  readonly categories: readonly { readonly name: string }[]
  readonly statistics: { readonly last30DaysBuildCount: number; readonly last30DaysProjectCount: number }
  /** Releases, newest first. */
  readonly versions: readonly { readonly version: string; readonly createdAt: string }[]
  readonly devVersions: readonly { readonly version: string; readonly createdAt: string; readonly expiresAt: string }[]
}

const query = `query ($name: String!) {
  orb(name: $name) {
    name isPrivate isListed isCertified
    categories { name }
    statistics { last30DaysBuildCount last30DaysProjectCount }
    versions(count: 200) { version createdAt }
    devVersions { version createdAt expiresAt }
  }
}`

export async function describeOrb(client: GraphqlClient, name: string): Promise<OrbDescription> {
  const { orb } = await client.ask<{ orb: OrbDescription | null }>(query, { name })
  if (orb === null)
    throw new CallError(`${new URL(client.url).host} has no orb ${name}. \`rondo orb list\` shows those it has.`, 1)
  return orb
}
