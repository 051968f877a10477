import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStack } from '@rondo/testkit'
import { describeEnd, type Experiment } from './experiment.ts'
import { createLoad } from './load.ts'

export interface DiskSize {
  readonly [name: string]: number
  /** Of the file system that everything is on. */
  readonly megabytes: number
  /** Times that it fills and empties again. */
  readonly fills: number
  /** For how long it stays full. */
  readonly seconds: number
  readonly workflows: number
  readonly jobs: number
  readonly 'at-once': number
  readonly lines: number
}

const withinMs = 30_000

/**
 * Server, database and agent on one small file system, which somebody else fills while jobs run: no byte is left at odd
 * times, at even ones only too little to take tasks. Then there is room again: everything goes on, and nothing is lost.
 */
export const fullDisk: Experiment<DiskSize> = {
  rows: 'R-12',
  what: 'the disk of everything fills up while jobs run, and is emptied again (needs root)',
  full: { megabytes: 1_500, fills: 10, seconds: 20, workflows: 12, jobs: 4, lines: 200, 'at-once': 3 },
  async run(size, { executor, say }) {
    const disk = mkdtempSync(join(tmpdir(), 'rondo-disk-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size.megabytes}m,mode=755`, 'rondo-disk', disk])
    if (mounted.status !== 0) throw new Error(`no file system could be mounted on ${disk}: ${mounted.stderr}`)
    const ended: string[] = []
    try {
      const stack = await startStack({ executor, within: disk, onUnexpectedEnd: (end) => ended.push(describeEnd(end)) })
      try {
        const load = await createLoad(stack, { ...size, atOnce: size['at-once'] })
        const working = load.start()
        const slow: string[] = []
        let longest = 0
        for (let fill = 1; fill <= size.fills; fill++) {
          await sleep(3_000)
          fillUp(disk, fill % 2 === 1 ? 0 : 0.05)
          say(`fill ${fill}: ${free(disk)} MB left`)
          await sleep(size.seconds * 1_000)
          rmSync(join(disk, 'filler'), { force: true })
          const begun = performance.now()
          await stack.waitFor('the agent to take tasks again', () => takesTasks(stack), 120_000)
          longest = Math.max(longest, performance.now() - begun)
        }
        if (longest > withinMs) slow.push(`once it took ${Math.round(longest / 1_000)} s until tasks were taken again`)
        await working
        const findings = await load.finish()
        return {
          problems: [...findings.problems, ...ended, ...slow],
          figures: { ...findings.figures, 'longest recovery, s': longest / 1_000 },
        }
      } catch (error) {
        // What ended says more than who waited for it in vain.
        return { problems: [...ended, String(error)], figures: {} }
      } finally {
        await stack.stop()
      }
    } finally {
      spawnSync('umount', ['-l', disk])
      rmSync(disk, { recursive: true, force: true })
    }
  },
}

/** Writes a file that leaves this share of the file system free; all that there is when it is 0. */
function fillUp(disk: string, share: number): void {
  const { bavail, bsize, blocks } = statfsSync(disk)
  const filler = join(disk, 'filler')
  const bytes = Math.max(0, bavail - Math.floor(blocks * share)) * bsize
  if (share === 0) spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'])
  else spawnSync('fallocate', ['-l', String(Math.max(bsize, bytes)), filler])
}

function free(disk: string): number {
  const { bavail, bsize } = statfsSync(disk)
  return Math.round((bavail * bsize) / 1_000_000)
}

async function takesTasks(stack: Awaited<ReturnType<typeof startStack>>): Promise<true | undefined> {
  const { agents } = await stack.api<{ agents: { state: string }[] }>('GET', '/api/private/agents')
  return agents[0]?.state === 'ready' ? true : undefined
}
