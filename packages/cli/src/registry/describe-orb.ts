import { CallError } from '../noun.ts'
import { count, listOf, nullable, objectOf, type Shaped, text, yesNo } from './answer-shape.ts'
import type { GraphqlClient } from './graphql-client.ts'

/** What the registry knows of an orb. */
export type OrbDescription = Shaped<typeof description>

const description = objectOf({
  name: text,
  isPrivate: yesNo,
  isListed: yesNo,
  isCertified: yesNo,
  categories: listOf(objectOf({ name: text })),
  statistics: objectOf({ last30DaysBuildCount: count, last30DaysProjectCount: count }),
  /** Releases, newest first. */
  versions: listOf(objectOf({ version: text, createdAt: text })),
  devVersions: listOf(objectOf({ version: text, createdAt: text, expiresAt: text })),
})

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
  const { orb } = await client.ask(query, { name }, objectOf({ orb: nullable(description) }))
  if (orb === null)
    throw new CallError(`${new URL(client.url).host} has no orb ${name}. \`rondo orb list\` shows those it has.`, 1)
  return orb
}
