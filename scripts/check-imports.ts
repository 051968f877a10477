import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Enforces the import table of ARCHITECTURE.md over all sources, and that packages are entered by their entry only. */
const root = join(import.meta.dirname, '..')
const table = readTable(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))
const problems: string[] = []

for (const package_ of readdirSync(join(root, 'packages'))) {
  const allowed = table.get(package_)
  if (allowed === undefined) {
    problems.push(`packages/${package_} has no row in the table of ARCHITECTURE.md`)
    continue
  }
  const folder = join(root, 'packages', package_, 'src')
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(file)) continue
    const isTest = /\.(test|e2e)\.tsx?$/.test(file)
    for (const [, name = '', deeper] of readFileSync(join(folder, file), 'utf8').matchAll(
      /from '@rondo\/([a-z]+)(\/[^']*)?'/g,
    )) {
      if (deeper !== undefined)
        problems.push(`packages/${package_}/src/${file} enters @rondo/${name} past its entry (${deeper})`)
      if (
        name !== package_ &&
        !allowed.has(name) &&
        !(isTest && package_ !== 'model' && name === 'testkit') &&
        !(isTest && table.has(name))
      )
        problems.push(`packages/${package_}/src/${file} imports @rondo/${name}, which the table does not allow`)
    }
  }
}

if (table.size === 0) problems.push('ARCHITECTURE.md holds no import table')
for (const problem of problems) console.error(problem)
process.exit(problems.length === 0 ? 0 : 1)

function readTable(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const rows = [...text.matchAll(/^\| ([a-z]+) \| ([a-z, ]*) ?\|/gm)].filter(
    ([, name]) => name !== 'package' && name !== 'word',
  )
  return new Map(
    rows.map(([, name = '', list = '']) => [
      name,
      new Set(
        list
          .split(',')
          .map((entry) => entry.trim())
          .filter(Boolean),
      ),
    ]),
  )
}
