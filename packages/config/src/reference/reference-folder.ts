/**
 * Reads the reference data that stands beside the repository (`../shared/reference/config`), for tests only. Where it
 * is absent, the suites over it are left out and one test says so.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OrbSource, ResolvedOrb } from '../orb/orb-source.ts'

const repository = join(dirname(fileURLToPath(import.meta.url)), '../../../..')
const folder = join(repository, '../shared/reference/config')

export const hasReference = existsSync(folder)

/** Paths below a folder of the reference, relative to it, in order. */
export function referenceFiles(name: string, extension: RegExp = /\.ya?ml$/): readonly string[] {
  const root = join(folder, name)
  if (!hasReference || !existsSync(root)) return []
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

export function readReference(path: string): string {
  return readFileSync(join(folder, path), 'utf8')
}

export interface ReferenceOrb {
  /** `ns/name` */
  readonly name: string
  readonly version: string
  readonly source: string
}

/** Every orb version of the reference, stand-ins included. */
export function referenceOrbs(): readonly ReferenceOrb[] {
  return ['orbs', 'orbs-stand-in'].flatMap((root) =>
    referenceFiles(root).map((path) => {
      const [name, version] = basename(path, '.yml').split('@') as [string, string]
      return { name: `${dirname(path)}/${name}`, version, source: readReference(join(root, path)) }
    }),
  )
}

/** @param pins exact versions by reference, as a compiled file's header states them */
export function orbSource(orbs: readonly ReferenceOrb[], pins: ReadonlyMap<string, string> = new Map()): OrbSource {
  return {
    resolve(reference) {
      const [name, wanted] = (pins.get(reference) ?? reference).split('@')
      const versions = orbs.filter((orb) => orb.name === name)
      const exact = versions.find((orb) => orb.version === wanted)
      return resolved(exact ?? newest(versions, wanted ?? ''))
    },
  }
}

export function resolved(orb: ReferenceOrb | undefined): ResolvedOrb | undefined {
  if (orb === undefined) return undefined
  const digest = createHash('sha256').update(orb.source).digest('hex')
  return { source: orb.source, resolved: `${orb.name}@${orb.version}`, digest }
}

function newest(versions: readonly ReferenceOrb[], wanted: string): ReferenceOrb | undefined {
  return versions
    .filter(
      (orb) => /^\d+\.\d+\.\d+$/.test(orb.version) && (wanted === 'volatile' || orb.version.startsWith(`${wanted}.`)),
    )
    .sort((left, right) => left.version.localeCompare(right.version, 'en', { numeric: true }))
    .at(-1)
}

/** The pipeline the golden pairs were compiled in. */
export const pipelineValues: Readonly<Record<string, string | number>> = {
  'pipeline.id': '00000000-0000-0000-0000-000000000001',
  'pipeline.number': 1,
  'pipeline.project.type': 'github',
  'pipeline.git.branch': 'main',
  'pipeline.git.revision': '0123456789abcdef0123456789abcdef01234567',
}
