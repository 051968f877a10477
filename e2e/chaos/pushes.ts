import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createTurns } from '@rondo/model'
import { type Stack, startStack } from '@rondo/testkit'
import { threeServers } from './blows.ts'
import { describeEnd, type Experiment } from './experiment.ts'
import { killAtRandom } from './kills.ts'
import { look } from './look.ts'
import { pushConfig } from './push.ts'
import { smallConfig } from './small-work.ts'

const project = 'pushed/app'
const run = promisify(execFile)

export interface PushesSize {
  readonly [name: string]: number
  /** Each to a branch of its own. */
  readonly pushes: number
  readonly 'at-once': number
  /** Of the process that receives pushes and of PostgreSQL, altogether. */
  readonly kills: number
  /** Between two kills, on average. */
  readonly seconds: number
}

/** A push that Git has carried out cannot be made again, so nobody but the server can see to its pipeline. */
export const pushes: Experiment<PushesSize> = {
  rows: 'R-01, R-02, R-13',
  what: 'who receives pushes, and PostgreSQL, are killed while people push',
  full: { pushes: 1_000, 'at-once': 6, kills: 60, seconds: 3 },
  async run({ pushes: count, 'at-once': atOnce, kills, seconds }, { say }) {
    const ended: string[] = []
    const stack = await startStack({
      env: { RONDO_AGENT: 'none' },
      split: threeServers,
      onUnexpectedEnd: (end) => ended.push(describeEnd(end)),
    })
    const folder = mkdtempSync(join(tmpdir(), 'rondo-pushes-'))
    try {
      await stack.createProject(...(project.split('/') as [string, string]))
      await pushConfig(stack, project, smallConfig(1))
      const push = await pusher(stack, folder)
      const inTurn = createTurns(atOnce)
      const enough = new AbortController()
      const killing = killAtRandom(stack, {
        victims: ['api', 'postgres'],
        kills,
        meanMs: seconds * 1_000,
        onKill: say,
      }).finally(() => enough.abort())
      // As many as were asked for, and more while there is somebody to be killed.
      const tries: number[] = []
      const more = (index: number) => index < count || !enough.signal.aborted
      let next = 0
      const pushOn = async () => {
        for (let index = next++; more(index); index = next++) tries[index] = await inTurn(() => push(`push-${index}`))
      }
      await Promise.all(Array.from({ length: atOnce }, pushOn))
      const killed = await killing
      const done = tries.filter((number) => number !== undefined).length
      const made = () =>
        look<{ branch: string; pipelines: number }>(
          stack,
          `select git->>'branch' as branch, count(*)::int as pipelines from pipelines where git->>'branch' like 'push-%' group by 1`,
        )
      // What a process left undone, others find within a minute or so.
      await stack
        .waitFor('a pipeline for each push', async () => ((await made()).length >= done ? true : undefined), 180_000)
        .catch(() => {})
      const found = await made()
      const doubled = found.filter((row) => row.pipelines !== 1).length
      const forgotten = (await look(stack, 'select id from pushes')).length
      return {
        problems: [
          ...(found.length === done ? [] : [`${done} branches were pushed, and ${found.length} have a pipeline`]),
          ...(doubled === 0 ? [] : [`${doubled} branches have more than one pipeline for one push`]),
          ...(forgotten === 0 ? [] : [`${forgotten} pushes are still noted as unfinished`]),
          ...ended,
        ],
        figures: {
          pushes: done,
          'times pushed': tries.reduce((sum, number) => sum + (number ?? 0), 0),
          pipelines: found.reduce((sum, row) => sum + row.pipelines, 0),
          ...Object.fromEntries(Object.entries(killed.count).map(([name, times]) => [`${name} killed`, times])),
        },
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
      await stack.stop()
    }
  },
}

/** Pushes one commit to a branch until git says that it is there; answers how often that took. */
async function pusher(stack: Stack, folder: string): Promise<(branch: string) => Promise<number>> {
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.email=dev@example.com', '-c', 'user.name=Developer', ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, GIT_TERMINAL_PROMPT: '0' },
    })
  const address = `${stack.url.replace('://', `://admin:${stack.admin.token}@`)}/git/${project}.git`
  mkdirSync(join(folder, '.circleci'))
  writeFileSync(join(folder, '.circleci', 'config.yml'), smallConfig(1))
  await git('init', '-q', '-b', 'main')
  await git('add', '-A')
  await git('commit', '-q', '-m', 'change')
  return async (branch) => {
    for (let times = 1; ; times++) {
      const pushed = await git('push', '-q', address, `main:refs/heads/${branch}`).then(
        () => true,
        () => false,
      )
      if (pushed) return times
      await sleep(300)
    }
  }
}
