import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobPageView, PipelineView } from '@rondo/protocol'
import { readCliEnv } from '../env.ts'
import { spawnServer } from '../server/up.ts'
import { type Client, createClient } from './client.ts'
import { sampleFiles, sampleImage } from './sample.ts'
import { allGreen, renderPipeline, settled } from './view.ts'

const organization = 'demo'
const project = 'sample'

/** Everything from nothing to a green pipeline; stays up until Ctrl-C. */
export async function demo(): Promise<number> {
  const env = readCliEnv()
  const client = createClient(env.dataFolder, env.port)
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  const started = performance.now()
  const server =
    (await client.healthy()) && existsSync(join(env.dataFolder, 'admin.json')) ? undefined : spawnServer(true)
  if (server !== undefined) {
    const problem = await ready(server)
    if (problem !== undefined) {
      process.stderr.write(problem)
      return 1
    }
    say(`Rondo is up after ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
  }
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => server?.kill('SIGTERM'))
  try {
    const pipeline = await pushSample(client, env.dataFolder)
    const end = await follow(client, pipeline.id, env.decorated)
    say(
      allGreen(end)
        ? '\nGreen. The last job waits for your approval on its page.'
        : `\nThe pipeline did not end green. Its page says why.`,
    )
    say(
      `\n  Page       ${client.url}/pipeline/${pipeline.id}\n  Sign in    ${client.admin.login} / ${client.admin.password}\n`,
    )
    say(
      `Push a repository of your own; its first push makes the project:\n  git push http://admin:${client.admin.token}@localhost:${env.port}/git/${organization}/YOUR-REPO.git HEAD:main\n`,
    )
    if (server === undefined) return allGreen(end) ? 0 : 1
    say('Ctrl-C stops everything.')
  } catch (error) {
    process.stderr.write(`The demo could not go on: ${error instanceof Error ? error.message : String(error)}\n`)
    server?.kill('SIGTERM')
  }
  return server === undefined
    ? 1
    : new Promise((resolve) =>
        server.exitCode === null ? server.once('exit', (code) => resolve(code ?? 0)) : resolve(server.exitCode),
      )
}

/** Undefined once the server is ready; else what it printed before it ended. */
function ready(server: ReturnType<typeof spawnServer>): Promise<string | undefined> {
  let printed = ''
  return new Promise((resolve) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on('data', (chunk) => {
        printed += chunk
        if (printed.includes('Rondo is ready')) resolve(undefined)
      })
    }
    server.once('exit', () => resolve(printed))
  })
}

/** Pushes the sample's first commit, or one more. */
async function pushSample(client: Client, dataFolder: string): Promise<{ id: string }> {
  await client.call('POST', '/api/v2/organization', { name: organization, vcs_type: 'github' })
  await client.call('POST', `/api/v2/organization/gh%2F${organization}/project`, { name: project })
  const folder = join(dataFolder, 'demo', project)
  const git = (...args: string[]) => {
    const result = spawnSync(
      'git',
      ['-c', 'user.name=Rondo demo', '-c', 'user.email=demo@localhost', '-c', 'commit.gpgsign=false', ...args],
      { cwd: folder, encoding: 'utf8' },
    )
    if (result.status !== 0) throw new Error(`git ${args[0]}: ${result.stderr.trim()}`)
    return result.stdout.trim()
  }
  if (!existsSync(join(folder, '.git'))) {
    mkdirSync(folder, { recursive: true })
    git('init', '--quiet', '--initial-branch=main')
  }
  for (const [name, content] of Object.entries(sampleFiles(sampleImage()))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  git('add', '--all')
  git(
    'commit',
    '--quiet',
    '--allow-empty',
    '--message',
    `Show what a pipeline can do (${new Date().toISOString().slice(0, 16).replace('T', ' ')})`,
  )
  git(
    'push',
    '--quiet',
    '--force',
    `http://admin:${client.admin.token}@localhost:${new URL(client.url).port}/git/${organization}/${project}.git`,
    'HEAD:main',
  )
  const { items } = await client.call<{ items: { id: string }[] }>(
    'GET',
    `/api/v2/project/gh/${organization}/${project}/pipeline`,
  )
  if (items[0] === undefined) throw new Error('the push made no pipeline')
  return items[0]
}

/** Draws the pipeline until it has settled: in place on a terminal, once a change elsewhere. */
async function follow(client: Client, id: string, decorated: boolean): Promise<PipelineView> {
  let dirty = true
  let drawn = 0
  let last = ''
  const unfollow = client.follow(id, () => {
    dirty = true
  })
  let pipeline = await client.pipeline(id)
  const pages = new Map<string, JobPageView>()
  try {
    for (let frame = 0; ; frame++) {
      if (dirty) {
        dirty = false
        pipeline = await client.pipeline(id)
        for (const job of pipeline.workflows.flatMap((workflow) => workflow.jobs))
          if (job.status === 'running') pages.set(job.id, await client.job(job.id))
      }
      const lines = renderPipeline(pipeline, pages, {
        color: decorated,
        columns: process.stdout.columns || 100,
        frame,
        now: Date.now(),
      })
      if (decorated) {
        process.stdout.write(
          `${drawn > 0 ? `\x1b[${drawn}A` : ''}${lines.map((line) => `\x1b[2K${line}\n`).join('')}\x1b[J`,
        )
        drawn = lines.length
      } else {
        const states = pipeline.workflows.flatMap((workflow) =>
          workflow.jobs.map((job) => `${job.name}: ${job.status}`),
        )
        if (pipeline.state === 'errored') process.stdout.write(`${lines.join('\n')}\n`)
        const fresh = states.filter((state) => !last.split('\n').includes(state) && !/: (blocked|queued)$/.test(state))
        for (const state of fresh) process.stdout.write(`  ${state}\n`)
        last = states.join('\n')
      }
      if (settled(pipeline) || pipeline.state === 'errored') return pipeline
      await sleep(decorated ? 100 : 300)
    }
  } finally {
    unfollow()
  }
}
