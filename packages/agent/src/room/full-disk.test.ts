import { appendFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mayMount, mountSmallDisk, type SmallDisk } from '@rondo/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'

const mounts = mayMount()
let disk: SmallDisk

beforeEach(() => {
  if (mounts) disk = mountSmallDisk('64m')
})

afterEach(() => {
  if (mounts) disk.unmount()
})

/** What the supervisor says next goes half way into the last page of its file, to `ended s2`. */
function breakNextWord(): void {
  const [task = ''] = readdirSync(join(disk.path, 'tasks'))
  const progress = join(disk.path, 'tasks', task, 'io', 'progress')
  appendFileSync(progress, `${'-'.repeat(4_095 - 8 - (statSync(progress).size % 4_096))}\n`)
}

test.runIf(!mounts)('full disks are left out: this user may not mount a file system', () => {
  expect(mounts).toBe(false)
})

test.runIf(mounts)(
  'a task that comes when the disk is full is not begun, so that it can go to somebody else; with room again one is [R-12]',
  async () => {
    disk.fill()
    const { server, begin } = attemptBench(disk.path, taskSpec([runStep('echo one')]))

    await expect(begin().ended).rejects.toThrow(/less than 32 MB of room/)
    expect(server.entries).toEqual([])
    expect(readdirSync(disk.path)).toEqual(['filler'])

    disk.makeRoom()
    await begin().ended
    expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', 'passed'])
  },
)

test.runIf(mounts)(
  'a disk that is full before the first step is told by its path and what to do, and costs an attempt, not the job [R-12]',
  async () => {
    const { server, begin, executor } = attemptBench(disk.path, taskSpec([runStep('echo never')]))
    executor.prepare = async (_spec, folder) => {
      disk.fill()
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

/** Steps that go on once there is a file of this name beside the disk. */
const gated = (gate: string) => [
  runStep(`echo begun; until [ -e ${gate} ]; do sleep 0.05; done; seq 1 2000`),
  runStep('seq 1 3000; exit 3'),
  runStep('echo at the end', { when: 'always' }),
]
const numbers = (last: number) => Array.from({ length: last }, (_, at) => `${at + 1}\n`).join('')

test.runIf(mounts)(
  'a disk that fills while steps print holds them up until there is room, and no byte, end or word is missing [R-12]',
  async () => {
    const gate = `${disk.path}.gate`
    const { server, begin, log } = attemptBench(disk.path, taskSpec(gated(gate)))
    const { ended } = begin()
    await until(() => server.output(2).includes('begun'))

    breakNextWord()
    disk.fill()
    writeFileSync(gate, '')
    await sleep(2_000)
    expect(endsOf(server)).toEqual(['0 passed', '1 passed'])
    disk.makeRoom()
    await ended
    rmSync(gate)

    expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 failed', '4 passed', 'failed'])
    expect(server.output(2)).toBe(`begun\n${numbers(2_000)}`)
    expect(server.output(3)).toBe(`${numbers(3_000)}\nExited with code exit status 3\n`)
    expect(server.output(4)).toBe('at the end\n')
    expect(log).toEqual([])
  },
)

test.runIf(mounts)(
  'an agent that is started anew on a full disk goes on with what it finds, and each step runs once [R-12] [R-19]',
  async () => {
    const gate = `${disk.path}.gate`
    const { server, begin } = attemptBench(disk.path, taskSpec(gated(gate)))
    let agent = begin()
    await until(() => server.output(2).includes('begun'))

    disk.fill()
    for (let times = 0; times < 3; times++) {
      await sleep(300)
      if (times === 1) writeFileSync(gate, '')
      agent.stop('shutdown')
      await agent.ended
      agent = begin()
    }
    await sleep(1_000)
    disk.makeRoom()
    await agent.ended
    rmSync(gate)

    expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 failed', '4 passed', 'failed'])
    expect(server.output(2)).toBe(`begun\n${numbers(2_000)}`)
    expect(server.output(3)).toBe(`${numbers(3_000)}\nExited with code exit status 3\n`)
  },
)

test.runIf(mounts)('a job that is canceled while its disk is full ends without waiting for room [R-12]', async () => {
  const gate = `${disk.path}.gate`
  const { server, begin } = attemptBench(disk.path, taskSpec(gated(gate)))
  const attempt = begin()
  await until(() => server.output(2).includes('begun'))

  disk.fill()
  writeFileSync(gate, '')
  await sleep(500)
  attempt.stop('canceled')
  await attempt.ended
  rmSync(gate)

  expect(endsOf(server).at(-1)).toBe('canceled')
})
