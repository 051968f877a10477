import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockfile-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

// Where a registry has only some platforms' packages, npm leaves the others out of the lockfile without a word, and then
// refuses to install from it.
test('npm would install a fresh clone from the lockfile', () => {
  const manifests = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`)
  for (const file of ['package.json', 'package-lock.json', '.npmrc', ...manifests])
    cpSync(join(root, file), join(folder, file))

  const ran = spawnSync('npm', ['ci', '--dry-run', '--ignore-scripts', '--offline', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
  })

  expect({ status: ran.status, said: ran.stderr.match(/(Missing|Invalid): .*/g) ?? ran.stderr }).toMatchObject({
    status: 0,
  })
})
