import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import type { Problem } from '@rondo/conductor'
import { type PackOptions, pack, renderDiagnostic } from '@rondo/config'
import { CallError, type VerbCall } from '../noun.ts'
import { printJson, printProblems, problemForPrograms } from '../print-problems.ts'
import { readSource } from '../read-source.ts'
import { isFileOrLink } from '../registry/folder-lookup.ts'
import { requireFolder } from '../require-folder.ts'

/** An orb's source: a file, the standard input for `-`, or a folder with `@orb.yml`, which is packed. */
export function readOrb(path: string): string {
  return path !== '-' && existsSync(path) && statSync(path).isDirectory() ? packFolder(path) : readSource(path)
}

/** A folder that cannot be made one file, with everything that is wrong in it. */
export class PackRefused extends CallError {
  readonly problems: readonly PackProblem[]

  constructor(problems: readonly PackProblem[]) {
    super(`The folder cannot be packed:\n${problems.map(({ text }) => text).join('\n\n')}`, 1)
    this.name = 'PackRefused'
    this.problems = problems
  }
}

export interface PackProblem extends Problem {
  /** Text of the file it is in. */
  readonly source: string
}

/** A folder as orbs are written in, as one file. */
export function packFolder(folder: string): string {
  requireFolder(folder, 'Name the folder that holds @orb.yml.')
  if (!existsSync(join(folder, '@orb.yml')))
    throw new CallError(`${folder} has no @orb.yml. Name the folder that holds it.`)
  return packFiles(folder, { include: (path) => readInside(folder, path) })
}

/** The YAML files of a folder as one; PackRefused names every file that cannot be part of it. */
export function packFiles(folder: string, options?: PackOptions): string {
  const files = yamlFiles(folder)
  const { text, diagnostics } = pack(files, options)
  if (text !== undefined) return text
  throw new PackRefused(
    diagnostics.map((diagnostic) => {
      const source = files.get(diagnostic.span.file) ?? ''
      // As somebody finds the file from here.
      const placed = { ...diagnostic, span: { ...diagnostic.span, file: join(folder, diagnostic.span.file) } }
      return { ...placed, source, text: renderDiagnostic(placed, source) }
    }),
  )
}

/** Says what is wrong with a folder, to people or to programs; throws on what is something else. */
export function tellPackRefused(call: VerbCall, error: unknown, rest: object): 1 {
  if (!(error instanceof PackRefused)) throw error
  const { problems } = error
  if (call.given('json'))
    printJson({ ...rest, problems: problems.map((one) => problemForPrograms(one, one.span.file, one.source)) })
  else printProblems(problems)
  return 1
}

/** Text of the YAML files below a folder, by path with `/` between names. */
function yamlFiles(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => /\.ya?ml$/.test(entry.name) && isFileOrLink(entry))
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [relative(folder, path).split(sep).join('/'), readSource(path)]))
}

/** Undefined for what is not there, and for what lies outside the folder. */
function readInside(folder: string, path: string): string | undefined {
  const file = resolve(folder, path)
  const inside = file.startsWith(resolve(folder) + sep)
  return inside && existsSync(file) && statSync(file).isFile() ? readSource(file) : undefined
}
