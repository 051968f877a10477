import { compareReleases, parseRelease } from '@rondo/model'
import { CallError } from '../noun.ts'
import { createFolderLookup, readOrbFolder } from './folder-lookup.ts'
import type { ListedOrb } from './list-orbs.ts'
import type { RemoteVersion } from './remote-lookup.ts'

/** The orbs of a folder, or of one namespace of it, by name. */
export function listFolder(folder: string, namespace: string | undefined): readonly ListedOrb[] {
  const newest = new Map<string, string | null>()
  for (const { orb, version } of readOrbFolder(folder).orbs) {
    if (namespace !== undefined && !orb.startsWith(`${namespace}/`)) continue
    const known = newest.get(orb) ?? null
    const later = parseRelease(version) !== undefined && (known === null || compareReleases(version, known) > 0)
    newest.set(orb, later ? version : known)
  }
  if (namespace !== undefined && newest.size === 0)
    throw new CallError(`The folder ${folder} has no orb of namespace ${namespace}.`, 1)
  return [...newest].map(([name, version]) => ({ name, version })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A version out of a folder, by a reference as configs write it. */
export async function requireInFolder(folder: string, reference: string): Promise<RemoteVersion> {
  const [found] = await createFolderLookup(folder).resolve([{ reference }], null)
  if (found === undefined) throw new CallError(`The folder ${folder} has no ${reference}.`, 1)
  if ('refused' in found) {
    const cure = found.cure === undefined ? '' : ` ${found.cure}.`
    throw new CallError(`${found.refused}.${cure}`, 1)
  }
  const at = found.resolved.indexOf('@')
  const name = found.resolved.slice(0, at)
  return { version: found.resolved.slice(at + 1), source: found.source, orb: { name } }
}
