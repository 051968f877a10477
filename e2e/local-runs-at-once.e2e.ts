import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dockerAnswers, imagePresent } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)
const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const config = `version: 2.1
jobs:
  first:
    docker: [{image: '${image}'}]
    steps: [{run: 'echo first $(echo $FROM_CONTEXT $FROM_CALL | md5sum); sleep << pipeline.parameters.pause >>'}]
  second:
    docker: [{image: '${image}'}]
    steps: [{run: 'echo second $(echo $FROM_CONTEXT $FROM_CALL | md5sum)'}]
parameters: {pause: {type: integer, default: 0}}
workflows: {main: {jobs: [{first: {context: shared}}, {second: {context: shared, requires: [first]}}]}}
`

test.runIf(!ready)('local runs at once are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('local runs at once', () => {
  let scratch: string
  let data: string

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'rondo-projects-'))
    // PostgreSQL runs as another user when the tests run as root.
    data = mkdtempSync('/tmp/rondo-run-data-')
    chmodSync(data, 0o755)
    for (const name of ['one/web', 'two/web']) {
      mkdirSync(join(scratch, name, '.circleci'), { recursive: true })
      writeFileSync(join(scratch, name, '.circleci/config.yml'), config)
    }
  })
  afterAll(() => {
    for (const path of [scratch, data]) rmSync(path, { recursive: true, force: true })
  })

  /** A run with a variable and a context of its own; `seen` resolves once it has printed a text. */
  function begin(folder: string, secret: string, ...args: readonly string[]) {
    const file = join(scratch, `${secret}.env`)
    writeFileSync(file, `FROM_CONTEXT=context-${secret}\n`)
    const given = ['--context', `shared=${file}`, '-e', `FROM_CALL=call-${secret}`, ...args]
    const child: ChildProcess = spawn(process.execPath, [program, 'run', ...given], {
      cwd: join(scratch, folder),
      env: { PATH: process.env.PATH, RONDO_RUN_DATA: join(data, 'run'), RONDO_EXECUTOR: 'docker' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    const listeners = new Set<() => void>()
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        printed += chunk
        for (const listener of listeners) listener()
      })
    return {
      kill: (signal: NodeJS.Signals) => child.kill(signal),
      seen: (text: string) =>
        new Promise<void>((resolve) => listeners.add(() => (printed.includes(text) ? resolve() : undefined))),
      end: new Promise<{ code: number | null; printed: string }>((resolve) =>
        child.once('close', (code) => resolve({ code, printed })),
      ),
    }
  }

  /** What the steps print of their secrets; as they are they would be masked. */
  const has = (job: string, secret: string) =>
    `${job} ${createHash('md5').update(`context-${secret} call-${secret}\n`).digest('hex')}`

  /** Contexts and variables of every run there was, on the server that is up. */
  async function secretsLeft(): Promise<readonly string[]> {
    const { url } = JSON.parse(readFileSync(join(data, 'run/address.json'), 'utf8')) as { url: string }
    const { token } = JSON.parse(readFileSync(join(data, 'run/admin.json'), 'utf8')) as { token: string }
    const ask = async <T>(path: string): Promise<T> =>
      (await fetch(`${url}${path}`, { headers: { 'circle-token': token } })).json() as Promise<T>
    const organizations = await ask<{ slug: string }[]>('/api/v2/me/collaborations')
    const projects = await ask<{ username: string; reponame: string }[]>('/api/v1.1/projects')
    const contexts = await Promise.all(
      organizations.map(async ({ slug }) => {
        const owner = `owner-slug=${encodeURIComponent(slug)}`
        const { items } = await ask<{ items: { name: string }[] }>(`/api/v2/context?${owner}`)
        return items.map(({ name }) => `${slug} context ${name}`)
      }),
    )
    const variables = await Promise.all(
      projects.map(async ({ username, reponame }) => {
        const slug = `gh/${username}/${reponame}`
        const { items } = await ask<{ items: { name: string }[] }>(`/api/v2/project/${slug}/envvar`)
        return items.map(({ name }) => `${slug} variable ${name}`)
      }),
    )
    expect(projects.length).toBeGreaterThan(1)
    return [...contexts, ...variables].flat()
  }

  test('each has its own secrets, in two folders of one name and in one folder, and none stays', async () => {
    const long = begin('one/web', 'alpha', '-p', 'pause=600')
    await long.seen(has('first', 'alpha'))
    const [elsewhere, beside] = await Promise.all([begin('two/web', 'beta').end, begin('one/web', 'gamma').end])
    for (const [run, secret] of [
      [elsewhere, 'beta'],
      [beside, 'gamma'],
    ] as const) {
      expect(run.printed).toContain(has('first', secret))
      expect(run.printed).toContain(has('second', secret))
      expect(run.code).toBe(0)
    }
    // Those of the one that still runs.
    const left = await secretsLeft()
    expect(left.map((line) => line.replace(/^\S+ /, '')).toSorted()).toEqual(['context shared', 'variable FROM_CALL'])
    long.kill('SIGINT')
    expect((await long.end).code).toBe(130)
  })

  test('the one that began first ends at once when its jobs have, and the other goes on; nothing stays after both', async () => {
    const first = begin('one/web', 'zeta', '-p', 'pause=10')
    await first.seen(has('first', 'zeta'))
    const second = begin('two/web', 'eta', '-p', 'pause=600')
    await second.seen(has('first', 'eta'))
    const { code, printed } = await first.end
    expect(printed).toContain(has('second', 'zeta'))
    expect(code).toBe(0)
    // The server answers still, and takes new runs.
    const third = await begin('one/web', 'theta').end
    expect(third.printed).toContain(has('second', 'theta'))
    expect(third.code).toBe(0)
    second.kill('SIGINT')
    expect((await second.end).code).toBe(130)
    await vi.waitFor(() => expect(processesOf(data)).toEqual([]), { timeout: 30_000, interval: 200 })
  })

  test('what a killed run had is taken away by the next one, of whatever folder', async () => {
    const killed = begin('one/web', 'delta', '-p', 'pause=600')
    await killed.seen(has('first', 'delta'))
    killed.kill('SIGKILL')
    await killed.end
    const next = begin('two/web', 'epsilon', '-p', 'pause=600')
    await next.seen(has('first', 'epsilon'))
    // Its own.
    expect(await secretsLeft()).toHaveLength(2)
    next.kill('SIGINT')
    expect((await next.end).code).toBe(130)
  })
})

/** Processes that were started with, or for, something below a folder. */
function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && speaksOf(pid, folder))
}

function speaksOf(pid: string, folder: string): boolean {
  try {
    return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder))
  } catch {
    return false
  }
}
