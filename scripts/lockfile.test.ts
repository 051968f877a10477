import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface Entry {
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

// Where a registry has only some platforms' packages, npm leaves the others out of the lockfile without a word, and then
// refuses to install from it.
test('the lockfile names the optional packages of all platforms', () => {
  const lockfile = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8'))
  const packages = new Map<string, Entry>(Object.entries(lockfile.packages))
  const wanted = [...packages.values()].flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  const there = new Set(
    [...packages.keys()].map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
  )

  expect(wanted.filter((name) => !there.has(name))).toEqual([])
})
