import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RestoreCacheStep, SaveCacheStep } from '@rondo/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFakeServer } from '../testing/fake-server.ts'
import { runTask } from '../testing/run-task.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'caches-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const save = (key: string, paths = ['deps']): SaveCacheStep => ({
  type: 'save_cache',
  key,
  paths,
  when: 'on_success',
  origin,
})
const restore = (...keys: string[]): RestoreCacheStep => ({ type: 'restore_cache', keys, origin })

test.each([[10], [100_000], [20_000_000]])(
  'a cache of %d bytes that was changed where it is stored is told with its size, is not unpacked, and the job goes on [L-389 L-390]',
  async (size) => {
    const changed = (stored: Buffer) => {
      const copy = Buffer.from(stored)
      copy[copy.length - 9]! ^= 1
      return copy
    }
    for (const harm of [changed, (stored: Buffer) => stored.subarray(0, stored.length - 7)]) {
      const spec = taskSpec([
        runStep(`rm -rf deps; mkdir deps; head -c ${size} /dev/urandom >deps/file`),
        save('v1'),
        runStep('rm -rf deps; touch ~/saved; until [ -e ~/harmed ]; do sleep 0.02; done'),
        restore('v1'),
        runStep('ls deps 2>&1'),
      ])
      const server = createFakeServer(spec)
      const running = runTask(home, spec, server)
      while (!existsSync(join(home, 'saved'))) await sleep(10)
      for (const [digest, stored] of server.objects) server.objects.set(digest, harm(stored))
      writeFileSync(join(home, 'harmed'), '')
      const { ends } = await running

      expect(ends.at(-3)).toBe('5 passed')
      expect(server.output(5)).toMatch(/^Found a cache .* \((\d+ bytes|\d+\.\d MB)\)$/m)
      expect(server.output(5)).toMatch(/is not used, the stored archive is damaged/)
      expect(server.output(6)).toContain('No such file')
      for (const mark of ['saved', 'harmed']) rmSync(join(home, mark))
    }
  },
)

test('a checksum of what a file holds makes the key, and one of a missing file fails the step by name [I-014]', async () => {
  const { server, ends } = await runTask(
    home,
    taskSpec([
      runStep('mkdir deps; echo one >deps/a'),
      save('v1-{{ checksum "deps/a" }}'),
      runStep('echo two >deps/a'),
      save('v1-{{ checksum "deps/a" }}'),
      save('v1-{{ checksum "missing" }}'),
    ]),
  )

  expect(ends.slice(-2)).toEqual(['6 failed', 'failed'])
  const keys = server.entries.flatMap((entry) => (entry.type === 'cache-saved' ? [entry.key] : []))
  expect(new Set(keys).size).toBe(2)
  expect(keys[0]).toMatch(/^v1-[A-Za-z0-9+/]{43}=$/)
  expect(server.output(6)).toContain('The file does not exist')
})
