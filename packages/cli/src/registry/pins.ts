import { compareReleases, isWanted, type OrbPin, parseOrbReference, parseRelease } from '@rondo/model'
import { CallError } from '../noun.ts'
import { listOf, nullable, objectOf, text } from './answer-shape.ts'
import { type GraphqlClient, ServerTrouble } from './graphql-client.ts'
import { type DatedRelease, datedReleasesOf } from './list-orbs.ts'

/**
 * Which versions the imports of an orb are. A registry fixes them when the orb is published (semantics 9.2), so a range
 * resolved today may be another version than the one its users run.
 */
export interface Pins {
  /** The exact version a reference of an orb's own stanza stands for; the reference itself where that cannot be known. */
  resolve(importer: string, reference: string): Promise<string>
}

/** As the registry tells them, which Rondo does; of others by their dates: the newest that was there when it was published. */
export function createPins(client: GraphqlClient): Pins {
  let telling: Promise<boolean> | undefined
  const told = new Map<string, Promise<readonly OrbPin[]>>()
  const dated = new Map<string, Promise<readonly DatedRelease[]>>()

  async function byDate(importer: string, reference: string): Promise<string> {
    const [own, wanted] = [parseOrbReference(importer), parseOrbReference(reference)]
    if (own === undefined || wanted === undefined || wanted.wanted.kind === 'dev') return reference
    const releases = (orb: string) => once(dated, orb, () => datedReleasesOf(client, orb))
    const version = importer.slice(importer.indexOf('@') + 1)
    const published = (await releases(own.orb)).find((release) => release.version === version)?.createdAt
    if (published === undefined) return reference
    const newest = (await releases(wanted.orb))
      .filter((release) => release.createdAt <= published && parseRelease(release.version) !== undefined)
      .filter((release) => isWanted(release.version, wanted.wanted))
      .sort((a, b) => compareReleases(a.version, b.version))
      .at(-1)
    return newest === undefined ? reference : `${wanted.orb}@${newest.version}`
  }

  return {
    async resolve(importer, reference) {
      if (parseOrbReference(importer) === undefined || parseOrbReference(reference) === undefined) return reference
      telling ??= tellsImports(client)
      if (!(await telling)) return byDate(importer, reference)
      const pins = await once(told, importer, () => fetchImports(client, importer))
      return pins.find((pin) => pin.reference === reference)?.resolved ?? reference
    },
  }
}

async function tellsImports(client: GraphqlClient): Promise<boolean> {
  try {
    const { __type } = await client.ask(
      '{ __type(name: "OrbVersion") { fields { name } } }',
      {},
      objectOf({ __type: nullable(objectOf({ fields: listOf(objectOf({ name: text })) })) }),
    )
    return __type?.fields.some(({ name }) => name === 'imports') === true
  } catch (error) {
    // It does not speak of itself. Where it is not well, that says nothing of what it tells.
    if (error instanceof CallError && !(error instanceof ServerTrouble)) return false
    throw error
  }
}

async function fetchImports(client: GraphqlClient, importer: string): Promise<readonly OrbPin[]> {
  const found = await client.ask(
    'query ($orbVersionRef: String!) { orbVersion(orbVersionRef: $orbVersionRef) { imports { reference resolved } } }',
    { orbVersionRef: importer },
    objectOf({ orbVersion: nullable(objectOf({ imports: listOf(objectOf({ reference: text, resolved: text })) })) }),
  )
  return found.orbVersion?.imports ?? []
}

function once<T>(known: Map<string, Promise<T>>, key: string, fetch: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? fetch()
  known.set(key, value)
  return value
}
