import { createHash } from 'node:crypto'
import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import {
  compareReleases,
  isDevVersion,
  isWanted,
  type OrbLookup,
  type OrbRefusal,
  parseOrbReference,
  parseRelease,
} from '@rondo/model'
import { readSource } from '../read-source.ts'
import { requireFolder } from '../require-folder.ts'

/** An orb's version in a folder. */
export interface OrbFile {
  readonly path: string
  /** `namespace/name` */
  readonly orb: string
  readonly version: string
}

/** What a file's place says: `namespace/name@version.yml` or `namespace/name/version.yml`; undefined when it says nothing. */
export function orbOfPath(path: string): Pick<OrbFile, 'orb' | 'version'> | undefined {
  const names = path.replace(/\.ya?ml$/, '').split(/[/\\]/)
  const last = names.at(-1) ?? ''
  const [orb, version] = last.includes('@')
    ? [`${names.at(-2)}/${last.slice(0, last.indexOf('@'))}`, last.slice(last.indexOf('@') + 1)]
    : [`${names.at(-3)}/${names.at(-2)}`, last]
  return parseOrbReference(`${orb}@volatile`) !== undefined && (parseRelease(version) || isDevVersion(version))
    ? { orb, version }
    : undefined
}

export interface OrbFolder {
  readonly orbs: readonly OrbFile[]
  /** YAML files whose place names no orb. */
  readonly others: readonly string[]
}

/** A link that leads nowhere counts: that it cannot be read is told where it is. */
export function isFileOrLink(entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile()
  return statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.isDirectory() !== true
}

export function readOrbFolder(folder: string): OrbFolder {
  requireFolder(folder, 'Name the folder whose files are orbs, called NAMESPACE/NAME@VERSION.yml.')
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => /\.ya?ml$/.test(entry.name) && isFileOrLink(entry))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const orbs: OrbFile[] = []
  const others: string[] = []
  for (const path of paths) {
    const named = orbOfPath(relative(folder, path).split(sep).join('/'))
    if (named === undefined) others.push(path)
    else orbs.push({ path, ...named })
  }
  return { orbs, others }
}

/** Orbs out of a folder, for machines without a network. */
export function createFolderLookup(folder: string): OrbLookup {
  const { orbs } = readOrbFolder(folder)
  return {
    async resolve(requests) {
      return requests.map(({ reference }) => {
        const wanted = parseOrbReference(reference)
        if (wanted === undefined) return undefined
        const newest = orbs
          .filter(({ orb, version }) => orb === wanted.orb && isWanted(version, wanted.wanted))
          .sort((a, b) => compareReleases(a.version, b.version))
          .at(-1)
        if (newest === undefined) return missingIn(folder, orbs, reference)
        const source = readSource(newest.path)
        const digest = createHash('sha256').update(source).digest('hex')
        return { source, resolved: `${newest.orb}@${newest.version}`, digest }
      })
    },
  }
}

function missingIn(folder: string, orbs: readonly OrbFile[], reference: string): OrbRefusal {
  const name = parseOrbReference(reference)?.orb ?? reference
  const versions = orbs
    .filter(({ orb }) => orb === name)
    .map(({ version }) => version)
    .sort(compareReleases)
  return {
    refused: `Cannot find ${reference} in the folder ${folder}`,
    cure: versions.length === 0 ? `Put it there as ${name}@1.2.3.yml` : `There are ${versions.join(', ')} of it`,
  }
}
