import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import type { PersistToWorkspaceStep } from '@rondo/model'
import { extract } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runTask } from '../testing/run-task.ts'
import { origin, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'workspaces-'))
  for (const path of [
    'root/a.txt',
    'root/.hidden',
    'root/..odd',
    'root/deep/.env',
    'root/deep/b.txt',
    'root/.git/config',
    "root/it's $HOME {x}/c",
    'root/[d]/*',
    'root/x1',
    'root/x^',
  ]) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), path)
  }
  symlinkSync('nowhere', join(home, 'root/dangling'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const persist = (...paths: string[]): PersistToWorkspaceStep => ({
  type: 'persist_to_workspace',
  root: '~/root',
  paths,
  origin,
})

/** Persists paths; answers the files of the layer, what the step says and how it ended. */
async function persisted(...paths: string[]) {
  const { server, ends } = await runTask(home, taskSpec([persist(...paths)]))
  const names: string[] = []
  for (const stored of server.objects.values()) {
    const entries = extract()
    entries.end(zstdDecompressSync(stored))
    for await (const entry of entries) {
      if (entry.header.type !== 'directory') names.push(entry.header.name)
      entry.resume()
    }
  }
  return { names: names.sort(), said: server.output(2), end: ends.at(-1) }
}

test('wildcards match hidden files as well, nothing above the root, and links that lead nowhere [I-016]', async () => {
  const { names, end } = await persisted('*')

  expect(end).toBe('passed')
  expect(names).toEqual(
    [
      '..odd',
      '.git/config',
      '.hidden',
      '[d]/*',
      'a.txt',
      'dangling',
      'deep/.env',
      'deep/b.txt',
      "it's $HOME {x}/c",
      'x1',
      'x^',
    ].sort(),
  )
})

test.each([
  ['*/*', ['.git/config', '[d]/*', 'deep/.env', 'deep/b.txt', "it's $HOME {x}/c"]],
  ['./deep/*', ['./deep/.env', './deep/b.txt']],
  ['?hidden', ['.hidden']],
  ['*.txt', ['a.txt']],
  ['**/b.txt', ['deep/b.txt']],
  ['x[^0-9]', ['x^']],
  ['x[0-9]', ['x1']],
  ['\\[d\\]/\\*', ['[d]/*']],
  ["it's $HOME {x}", ["it's $HOME {x}/c"]],
])('the path %j names what it names for the official agent [I-016]', async (path, expected) => {
  expect((await persisted(path)).names).toEqual(expected)
})

test('a path that finds nothing is said, and the others are persisted; nothing at all fails [I-016]', async () => {
  const some = await persisted('a.txt', 'no-*', '{a,b}.txt')
  expect(some).toMatchObject({ names: ['a.txt'], end: 'passed' })
  expect(some.said).toContain('Nothing matches no-*\nNothing matches {a,b}.txt\n')

  const none = await persisted('no-*')
  expect(none).toMatchObject({ names: [], end: 'failed', said: expect.stringContaining('There is nothing to persist') })
})

test.each(['../beside', 'deep/../../beside', '..'])(
  'a path that leads out of the root is refused by name (%s)',
  async (path) => {
    const { names, said, end } = await persisted('a.txt', path)

    expect(names).toEqual([])
    expect(end).toBe('failed')
    expect(said).toContain(`${path} lies outside of the root folder ~/root. Give root a folder that holds it`)
  },
)
