import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createTurns } from '@rondo/model'
import { type Stack, startStack } from '@rondo/testkit'
import type { Experiment } from './experiment.ts'
import { look } from './look.ts'
import { pushConfig } from './push.ts'
import { smallConfig } from './small-work.ts'

const project = 'twice/app'

export interface RepeatSize {
  readonly [name: string]: number
  /** Requests with a key of their own, each sent one to five times at the same moment. */
  readonly requests: number
  /** Pushes to branches of their own, likewise. */
  readonly pushes: number
  readonly 'at-once': number
}

interface Asked {
  readonly copies: number
  /** Every different answer that its copies got. */
  readonly answers: ReadonlySet<string>
  /** What else was answered before that, or instead. */
  readonly refusals: readonly string[]
}

/** Clients that hear no answer send again, proxies send twice, people push from two windows. */
export const repeats: Experiment<RepeatSize> = {
  rows: 'R-13',
  what: 'requests with a key and pushes are sent one to five times at the same moment',
  full: { requests: 1_000, pushes: 60, 'at-once': 12 },
  async run({ requests, pushes, 'at-once': atOnce }) {
    const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
    try {
      await stack.createProject(...(project.split('/') as [string, string]))
      await pushConfig(stack, project, smallConfig(1))
      const inTurn = createTurns(atOnce)
      const numbered = (count: number) => Array.from({ length: count }, (_, index) => index)
      const asked = await Promise.all(numbered(requests).map((index) => inTurn(() => askOften(stack, index))))
      const pushed = await pushAll(stack, pushes, inTurn)
      const made = await look<{ branch: string; pipelines: number }>(
        stack,
        `select git->>'branch' as branch, count(*)::int as pipelines from pipelines group by 1`,
      )
      const ofRequests = (made.find((row) => row.branch === 'main')?.pipelines ?? 0) - 1
      const ofPushes = made.filter((row) => row.branch !== 'main')
      const unlike = asked.filter((one) => one.answers.size !== 1).length
      const distinct = new Set(asked.flatMap((one) => [...one.answers])).size
      const sent = asked.reduce((sum, one) => sum + one.copies, 0)
      const refusals = asked.flatMap((one) => one.refusals)
      const final = refusals.filter((answer) => !comeAgain.some((status) => answer.startsWith(`${status} `)))
      const doubled = ofPushes.filter((row) => row.pipelines !== 1).length
      return {
        problems: [
          ...(ofRequests === requests ? [] : [`${requests} requests made ${ofRequests} pipelines`]),
          ...(unlike === 0 ? [] : [`${unlike} requests were answered in different ways`]),
          ...(distinct === requests ? [] : [`${requests} requests have ${distinct} different answers`]),
          ...[...new Set(final)].slice(0, 5).map((answer) => `somebody was answered: ${answer.slice(0, 300)}`),
          ...(doubled === 0 ? [] : [`${doubled} branches have more than one pipeline for one push`]),
          ...(ofPushes.length === pushes
            ? []
            : [`${pushes} branches were pushed and ${ofPushes.length} have pipelines`]),
        ],
        figures: {
          requests,
          'times sent': sent,
          'pipelines of requests': ofRequests,
          'told to come again': refusals.length - final.length,
          pushes,
          'times pushed': pushed,
          'pipelines of pushes': ofPushes.reduce((sum, row) => sum + row.pipelines, 0),
        },
      }
    } finally {
      await stack.stop()
    }
  },
}

/** Every fifth request once, the others up to five times. */
const copiesOf = (index: number) => (index % 5) + 1

async function askOften(stack: Stack, index: number): Promise<Asked> {
  const copies = copiesOf(index)
  const refusals: string[] = []
  const asked = { key: `repeat-${index}`, refusals }
  const answers = await Promise.all(Array.from({ length: copies }, () => ask(stack, asked)))
  return { copies, answers: new Set(answers), refusals }
}

const comeAgain = [429, 503]

/** Whoever asks for too much, or while the database is away, is told to come again, and does, with the key he has. */
async function ask(
  stack: Stack,
  { key, refusals }: { readonly key: string; readonly refusals: string[] },
): Promise<string> {
  for (;;) {
    const response = await fetch(`${stack.url}/api/v2/project/gh/${project}/pipeline`, {
      method: 'POST',
      headers: {
        'circle-token': stack.admin.token,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({ branch: 'main' }),
    }).catch(() => undefined)
    // A connection that broke: nobody knows whether it was heard, which is what keys are for.
    if (response === undefined) {
      refusals.push('503 no answer')
      await sleep(500)
      continue
    }
    const text = await response.text()
    const answer = `${response.status} ${text}`
    if (response.status !== 201) refusals.push(answer)
    if (!comeAgain.includes(response.status)) return answer
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1_000)
  }
}

/** Answers how many pushes there were; those that came too late are refused by git, as they should. */
async function pushAll(stack: Stack, pushes: number, inTurn: ReturnType<typeof createTurns>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-repeats-'))
  const run = promisify(execFile)
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.email=dev@example.com', '-c', 'user.name=Developer', ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, GIT_TERMINAL_PROMPT: '0' },
    })
  const address = `${stack.url.replace('://', `://admin:${stack.admin.token}@`)}/git/${project}.git`
  try {
    mkdirSync(join(folder, '.circleci'))
    writeFileSync(join(folder, '.circleci', 'config.yml'), smallConfig(1))
    await git('init', '-q', '-b', 'main')
    await git('add', '-A')
    await git('commit', '-q', '-m', 'change')
    const each = Array.from({ length: pushes }, (_, index) =>
      inTurn(async () => {
        const once = () => git('push', '-q', address, `main:refs/heads/push-${index}`).catch(() => {})
        await Promise.all(Array.from({ length: copiesOf(index) }, once))
        return copiesOf(index)
      }),
    )
    return (await Promise.all(each)).reduce((sum, copies) => sum + copies, 0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
