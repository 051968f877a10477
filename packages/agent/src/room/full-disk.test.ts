import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
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

function fillUp(): void {
  const { bavail, bsize } = statfsSync(root)
  writeFileSync(join(root, 'filler'), Buffer.alloc(bavail * bsize))
}

/** What the supervisor says next goes half way into the last page of its file, to `ended s2`. */
function breakNextWord(): void {
  const [task = ''] = readdirSync(join(root, 'tasks'))
  const progress = join(root, 'tasks', task, 'io', 'progress')
  appendFileSync(progress, `${'-'.repeat(4_095 - 8 - (statSync(progress).size % 4_096))}\n`)
}

function makeRoom(): void {
  rmSync(join(root, 'filler'))
}

test.runIf(!mayMount)('full disks are left out: this user may not mount a file system', () => {
  expect(mayMount).toBe(false)
})

test.runIf(mayMount)(
  'a task that comes when the disk is full is not begun, so that it can go to somebody else; with room again one is [R-12]',
  async () => {
    fillUp()
    const { server, begin } = attemptBench(root, taskSpec([runStep('echo one')]))

    await expect(begin().ended).rejects.toThrow(/less than 32 MB of room/)
    expect(server.entries).toEqual([])
    expect(readdirSync(root)).toEqual(['filler'])

    makeRoom()
    await begin().ended
    expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', 'passed'])
  },
)

test.runIf(mayMount)(
  'a disk that is full before the first step is told by its path and what to do, and costs an attempt, not the job [R-12]',
  async () => {
    const { server, begin, executor } = attemptBench(root, taskSpec([runStep('echo never')]))
    executor.prepare = async (_spec, folder) => {
      fillUp()
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

test.runIf(mayMount)(
  'a disk that fills while steps print holds them up until there is room, and no byte, end or word is missing [R-12]',
  async () => {
    const gate = `${root}.gate`
    const { server, begin, log } = attemptBench(root, taskSpec(gated(gate)))
    const { ended } = begin()
    await until(() => server.output(2).includes('begun'))

    breakNextWord()
    fillUp()
    writeFileSync(gate, '')
    await sleep(2_000)
    expect(endsOf(server)).toEqual(['0 passed', '1 passed'])
    makeRoom()
    await ended
    rmSync(gate)

    expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 failed', '4 passed', 'failed'])
    expect(server.output(2)).toBe(`begun\n${numbers(2_000)}`)
    expect(server.output(3)).toBe(`${numbers(3_000)}\nExited with code exit status 3\n`)
    expect(server.output(4)).toBe('at the end\n')
    expect(log).toEqual([])
  },
)

test.runIf(mayMount)(
  'an agent that is started anew on a full disk goes on with what it finds, and each step runs once [R-12] [R-19]',
  async () => {
    const gate = `${root}.gate`
    const { server, begin } = attemptBench(root, taskSpec(gated(gate)))
    let agent = begin()
    await until(() => server.output(2).includes('begun'))

    fillUp()
    for (let times = 0; times < 3; times++) {
      await sleep(300)
      if (times === 1) writeFileSync(gate, '')
      agent.stop('shutdown')
      await agent.ended
      agent = begin()
    }
    await sleep(1_000)
    makeRoom()
    await agent.ended
    rmSync(gate)

    expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 failed', '4 passed', 'failed'])
    expect(server.output(2)).toBe(`begun\n${numbers(2_000)}`)
    expect(server.output(3)).toBe(`${numbers(3_000)}\nExited with code exit status 3\n`)
  },
)

test.runIf(mayMount)('a job that is canceled while its disk is full ends without waiting for room [R-12]', async () => {
  const gate = `${root}.gate`
  const { server, begin } = attemptBench(root, taskSpec(gated(gate)))
  const attempt = begin()
  await until(() => server.output(2).includes('begun'))

  fillUp()
  writeFileSync(gate, '')
  await sleep(500)
  attempt.stop('canceled')
  await attempt.ended
  rmSync(gate)

  expect(endsOf(server).at(-1)).toBe('canceled')
})
