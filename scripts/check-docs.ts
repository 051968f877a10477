import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Paths and npm scripts that documents name must exist. */
const root = join(import.meta.dirname, '..')
const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs/adr')).map((name) => `docs/adr/${name}`),
]
const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts
const problems: string[] = []

for (const document of documents) {
  const text = readFileSync(join(root, document), 'utf8')
  for (const [, script = ''] of text.matchAll(/npm run ([a-z0-9]+)/g))
    if (!(script in scripts)) problems.push(`${document} names npm run ${script}, which does not exist`)
  for (const [, path = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g))
    if (!existsSync(join(root, document, '..', path)))
      problems.push(`${document} links to ${path}, which does not exist`)
  for (const [, path = ''] of text.matchAll(/`((?:packages|docs|scripts|e2e)\/[\w./-]+)`/g))
    if (!existsSync(join(root, path))) problems.push(`${document} names ${path}, which does not exist`)
}

for (const problem of problems) console.error(problem)
process.exit(problems.length === 0 ? 0 : 1)
