import { readdirSync, readFileSync } from 'node:fs'
import { join, normalize, sep } from 'node:path'

/** For each package, the packages that its sources may import. */
export type ImportTable = ReadonlyMap<string, ReadonlySet<string>>

export interface Source {
  readonly package: string
  /** Path inside the package: `src/plan/job.ts`. */
  readonly path: string
  readonly text: string
}

const heading = '## Packages and who may import whom'

/** The table under its heading in ARCHITECTURE.md; throws when it is not there. */
export function readTable(document: string): ImportTable {
  const start = document.indexOf(`${heading}\n`)
  if (start === -1) throw new Error(`ARCHITECTURE.md has no heading "${heading}"`)
  const section = document.slice(start + heading.length).split(/^## /m)[0] ?? ''
  const rows = [...section.matchAll(/^\|([^|]*)\|([^|]*)\|/gm)].slice(2)
  if (rows.length === 0) throw new Error(`ARCHITECTURE.md has no table under "${heading}"`)
  return new Map(rows.map(([, name = '', list = '']) => [name.trim(), new Set(namesIn(list))]))
}

/** What is wrong with a source by the table, types included. Tests may use every package, by its entry: they take real parts. */
export function importProblems(table: ImportTable, source: Source): readonly string[] {
  const isTest = /\.test\.tsx?$/.test(source.path)
  const where = `packages/${source.package}/${source.path}`
  return importedModules(source.text).flatMap((module) => {
    const [, name, deeper] = /^@rondo\/([^/]+)(\/.*)?$/.exec(module) ?? []
    if (name === undefined)
      return leavesPackage(source, module) ? [`${where} imports ${module}, which lies outside its package`] : []
    if (deeper !== undefined) return [`${where} imports ${module}; packages are entered by @rondo/${name} alone`]
    if (name === source.package || table.get(source.package)?.has(name) || (isTest && table.has(name))) return []
    return [`${where} imports @rondo/${name}; the table in ARCHITECTURE.md does not let ${source.package} do that`]
  })
}

/** Every module a source names: imports, exports from, dynamic imports and types, but not what comments say. */
export function importedModules(text: string): readonly string[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  const named = code.matchAll(/(?:^|[\s;})])(?:import|export)\s[^'"`;]*?from\s*(['"])([^'"\n]+)\1/g)
  const bare = code.matchAll(/(?:^|[\s;})])import\s*(['"])([^'"\n]+)\1/g)
  const called = code.matchAll(/\bimport\(\s*(['"])([^'"\n]+)\1\s*\)/g)
  return [...named, ...bare, ...called].map((match) => match[2] ?? '')
}

function namesIn(list: string): readonly string[] {
  const names = list.split(',').map((entry) => entry.trim())
  return names.filter((name) => name !== '')
}

function leavesPackage(source: Source, module: string): boolean {
  return module.startsWith('.') && normalize(join(source.path, '..', module)).startsWith(`..${sep}`)
}

function readSources(root: string): readonly Source[] {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = join(root, 'packages', name)
    const paths = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).map((path) => `src/${path}`)
    const sources = paths.filter((path) => /\.tsx?$/.test(path))
    return sources.map((path) => ({ package: name, path, text: readFileSync(join(folder, path), 'utf8') }))
  })
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const table = readTable(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))
  const unlisted = readdirSync(join(root, 'packages')).filter((name) => !table.has(name))
  const problems = [
    ...unlisted.map((name) => `packages/${name} has no row in the table in ARCHITECTURE.md`),
    ...readSources(root).flatMap((source) => importProblems(table, source)),
  ]
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
