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

test.runIf(mayMount)(
  'a disk that is full before the first step is told by its path and what to do, and costs an attempt, not the job [R-12]',
  async () => {
    const { server, begin, executor } = attemptBench(root, taskSpec([runStep('echo never')]))
    executor.prepare = async (_spec, folder) => {
      writeFileSync(join(root, 'filler'), Buffer.alloc(statfsSync(root).bavail * statfsSync(root).bsize))
      writeFileSync(join(folder.io, 'more'), Buffer.alloc(1024 ** 2))
      return {}
    }

    await begin().ended

    expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'lost', unbegun: true })
    expect(server.entries.at(-1)).toHaveProperty(
      'message',
      expect.stringMatching(/no space is left on the disk of \/.*\. Make room there, or raise its quota\.$/),
    )
    expect(server.output(0)).not.toContain('never')
  },
)
