import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import type { AttachWorkspaceStep, PersistToWorkspaceStep, RestoreCacheStep, SaveCacheStep } from '@rondo/model'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFakeServer } from '../testing/fake-server.ts'
import { stream, withPrograms, zstdProgram } from '../testing/programs.ts'
import { runTask } from '../testing/run-task.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'archives-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const save: SaveCacheStep = { type: 'save_cache', key: 'v1', paths: ['deps'], when: 'on_success', origin }
const restore: RestoreCacheStep = { type: 'restore_cache', keys: ['v1'], origin }
const persist: PersistToWorkspaceStep = { type: 'persist_to_workspace', root: 'deps', paths: ['*'], origin }
const attach: AttachWorkspaceStep = { type: 'attach_workspace', at: 'deps', origin }

const fill =
  'rm -rf deps; mkdir -p deps/a; seq 200000 >deps/a/numbers; ln -s a/numbers deps/link; cksum <deps/link >deps/sum'
const check = 'test "$(cksum <deps/link)" = "$(cat deps/sum)" && test -L deps/link && echo whole'

describe.each([
  ['an image with zstd', { zstd: zstdProgram() }],
  ['an image without zstd', { zstd: 'exit 127' }],
])('in %s', (_image, programs) => {
  test.each([
    ['cache', save, restore],
    ['workspace', persist, attach],
  ] as const)('a %s comes back as it was, stored as one zstd stream', async (_kind, keep, bring) => {
    const spec = {
      ...taskSpec([runStep(fill), keep, runStep('rm -rf deps'), bring, runStep(check)]),
      environment: withPrograms(join(home, 'programs'), programs),
    }
    const server = createFakeServer(spec)

    const { ends } = await runTask(home, spec, server)

    expect(ends.at(-1)).toBe('passed')
    expect(server.output(6)).toContain('whole')
    expect(server.objects.size).toBe(1)
    for (const stored of server.objects.values())
      expect(zstdDecompressSync(stored).includes('199999\n200000\n')).toBe(true)
  })

  test('what tar could not pack to its end fails the step and is kept under no key', async () => {
    const tar = 'case $* in *deps*) /bin/tar "$@"; exit 2 ;; *) exec /bin/tar "$@" ;; esac'
    const spec = {
      ...taskSpec([runStep(fill), save]),
      environment: withPrograms(join(home, 'programs'), { ...programs, tar }),
    }

    const { server, ends } = await runTask(home, spec)

    expect(ends.slice(-2)).toEqual(['3 failed', 'failed'])
    expect(server.entries.filter(({ type }) => type === 'cache-saved')).toEqual([])
  })

  test('what tar could not unpack to its end fails the step', async () => {
    const tar =
      'case $* in *-xPf*) head -c 1000 >/dev/null; echo "no room" >&2; exit 2 ;; *) exec /bin/tar "$@" ;; esac'
    const spec = {
      ...taskSpec([runStep(fill), save, runStep('rm -rf deps'), restore]),
      environment: withPrograms(join(home, 'programs'), { ...programs, tar }),
    }

    const { server, ends } = await runTask(home, spec)

    expect(ends.slice(-2)).toEqual(['5 failed', 'failed'])
    expect(server.output(5)).toContain('no room')
  })
})

test.each([
  ['packs', { packs: `head -c 100000 | ${stream('Compress')}; exit 3` }, '3 failed'],
  ['unpacks', { unpacks: `${stream('Decompress')} <"$2" | head -c 200000; exit 3` }, '5 failed'],
])('a zstd that breaks off while it %s fails the step', async (_when, breaks, end) => {
  const spec = {
    ...taskSpec([runStep(fill), save, runStep('rm -rf deps'), restore]),
    environment: withPrograms(join(home, 'programs'), { zstd: zstdProgram(breaks) }),
  }

  const { ends } = await runTask(home, spec)

  expect(ends.slice(-2)).toEqual([end, 'failed'])
})
