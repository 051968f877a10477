import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { type ConfigDiagnostic, pack, renderDiagnostic } from '@rondo/config'
import { CallError } from '../noun.ts'
import { readSource } from '../read-source.ts'

/** An orb's source: a file, the standard input for `-`, or a folder with `@orb.yml`, which is packed. */
export function readOrb(path: string): string {
  return path !== '-' && existsSync(path) && statSync(path).isDirectory() ? packFolder(path) : readSource(path)
}

/** A folder as orbs are written in, as one file. */
export function packFolder(folder: string): string {
  if (!existsSync(join(folder, '@orb.yml')))
    throw new CallError(`${folder} has no @orb.yml. Name the folder that holds it.`)
  const files = yamlFiles(folder)
  const { text, diagnostics } = pack(files, { include: (path) => readInside(folder, path) })
  if (text !== undefined) return text
  throw new CallError(`The orb cannot be packed:\n${pictures(diagnostics, files)}`, 1)
}

/** Text of the YAML files below a folder, by path with `/` between names. */
export function yamlFiles(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8')]))
}

export function pictures(diagnostics: readonly ConfigDiagnostic[], files: ReadonlyMap<string, string>): string {
  return diagnostics
    .map((diagnostic) => renderDiagnostic(diagnostic, files.get(diagnostic.span.file) ?? ''))
    .join('\n\n')
}

/** Undefined for what is not there, and for what lies outside the folder. */
function readInside(folder: string, path: string): string | undefined {
  const file = resolve(folder, path)
  const inside = file.startsWith(resolve(folder) + sep)
  return inside && existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : undefined
}
