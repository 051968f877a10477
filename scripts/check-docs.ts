import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Repository {
  /** Names under `scripts` in package.json. */
  readonly scripts: ReadonlySet<string>
  /** Commands of `./rondo`. */
  readonly commands: ReadonlySet<string>
  /** Whether a path, from the root, is there. */
  exists(path: string): boolean
}

/** Paths that make no sense without the folder they are in; a word in backticks that starts so is taken for a path. */
const folders = ['.ci', 'docs', 'e2e', 'packages', 'scripts']

/** What a document (by its path from the root) says of the repository that is not so. */
export function documentProblems(path: string, text: string, repository: Repository): readonly string[] {
  const missing = (what: string) => `${path} names ${what}, which does not exist`
  const spoken = text.replace(/^```(?!sh|bash|console)[\s\S]*?^```/gm, '')
  return [
    ...matches(text, /npm run (?:--silent )?([\w:-]+)/g)
      .filter((name) => !repository.scripts.has(name))
      .map((name) => missing(`npm run ${name}`)),
    ...matches(text, /\.\/rondo ([a-z][\w-]*)/g)
      .filter((name) => !repository.commands.has(name))
      .map((name) => missing(`./rondo ${name}`)),
    ...matches(spoken, /\]\((?![a-z]+:|#)([^)#\s]+)[^)]*\)/g)
      .filter((link) => !repository.exists(join(dirname(path), link)))
      .map((link) => missing(`the link ${link}`)),
    ...matches(spoken, /`((?:[\w.-]+\/)+[\w.*-]*)`/g)
      .filter((name) => isMissing(name, repository))
      .map(missing),
  ]
}

function isMissing(path: string, repository: Repository): boolean {
  return folders.includes(path.split('/')[0] ?? '') && !path.includes('*') && !repository.exists(path)
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))]
}

/** The commands as the program itself lists them. */
function commandsOf(root: string): ReadonlySet<string> {
  const help = spawnSync(process.execPath, [join(root, 'packages/cli/src/main.ts'), 'help'], { encoding: 'utf8' })
  if (help.status !== 0) throw new Error(`rondo help ended with ${help.status}: ${help.stderr}`)
  return new Set(matches(help.stdout, /^ {2}([a-z][\w-]*) {2,}/gm))
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  )
  const documents = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...inDocs.map((name) => `docs/${name}`),
  ]
  const repository: Repository = {
    scripts: new Set(Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts)),
    commands: commandsOf(root),
    exists: (path) => existsSync(join(root, path)),
  }
  const problems = documents.flatMap((path) =>
    repository.exists(path)
      ? documentProblems(path, readFileSync(join(root, path), 'utf8'), repository)
      : [`${path} does not exist`],
  )
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
