import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attemptBench, endsOf } from '../testing/attempt-bench.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'

const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'full-disk-'))
  if (mayMount) spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'rondo-test', root])
})

afterEach(() => {
  if (mayMount) spawnSync('umount', ['-l', root])
  rmdirSync(root)
})

test.runIf(!mayMount)('full disks are left out: this user may not mount a file system', () => {
  expect(mayMount).toBe(false)
})

test.runIf(mayMount)(
  'a task that comes when the disk is full is not begun, so that it can go to somebody else; with room again one is [R-12]',
  async () => {
    const filler = join(root, 'filler')
    writeFileSync(filler, Buffer.alloc(statfsSync(root).bavail * statfsSync(root).bsize))
    const { server, begin } = attemptBench(root, taskSpec([runStep('echo one')]))

    await expect(begin().ended).rejects.toThrow(/less than 32 MB of room/)
    expect(server.entries).toEqual([])
    expect(readdirSync(root)).toEqual(['filler'])

    rmSync(filler)
    await begin().ended
    expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', 'passed'])
  },
)
