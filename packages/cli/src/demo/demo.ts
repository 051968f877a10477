import { type ChildProcess, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { JobPageView, PipelineView } from '@rondo/protocol'
import { readCliEnv } from '../env.ts'
import { endedByOthers, exitOf, spawnServer } from '../server/up.ts'
import { type Paint, painter, seconds } from '../terminal/paint.ts'
import { Screen } from '../terminal/screen.ts'
import { type Client, createClient } from './client.ts'
import { sampleFiles, sampleImage } from './sample.ts'
import { allGreen, changedJobs, renderPipeline, settled } from './view.ts'

const program = fileURLToPath(new URL('../../../../rondo', import.meta.url))
const organization = 'demo'
const project = 'sample'

/** Everything from nothing to a green pipeline; stays up until Ctrl-C. */
export async function demo(): Promise<number> {
  const env = readCliEnv()
  const client = createClient(env.dataFolder, env.port)
  const paint = painter(env.decorated)
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  const started = performance.now()
  const server = (await client.healthy()) ? undefined : spawnServer(true)
  let stopping = false
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      stopping = true
      // Ctrl-C reaches the server by itself, as it is of the same group.
      if (name === 'SIGTERM') server?.kill(name)
    })
  if (server !== undefined) {
    const problem = await ready(server)
    if (problem !== undefined) {
      process.stderr.write(problem.printed)
      return stopping ? 0 : problem.code
    }
    say(`\n  ${paint('green', '✓')} Rondo is up  ${paint('dim', seconds(performance.now() - started))}\n`)
  }
  try {
    const pipeline = await pushSample(client, env.dataFolder)
    const end = await follow(client, pipeline.id, env.decorated)
    say(ending(end, client, paint))
    if (server === undefined) return allGreen(end) ? 0 : 1
    say(paint('dim', '  Ctrl-C stops everything.\n'))
  } catch (error) {
    if (!stopping) {
      process.stderr.write(`The demo could not go on: ${error instanceof Error ? error.message : String(error)}\n`)
      server?.kill('SIGTERM')
      if (server !== undefined) await exitOf(server)
      return 1
    }
  }
  if (server === undefined) return 1
  const code = await exitOf(server)
  if (!stopping) process.stderr.write(endedByOthers('demo', server.signalCode))
  return code
}

/** Undefined once the server is ready; else what it printed before it ended, and its exit code. */
function ready(server: ChildProcess): Promise<{ readonly printed: string; readonly code: number } | undefined> {
  let printed = ''
  return new Promise((resolve) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on('data', (chunk) => {
        printed += chunk
        if (printed.includes('Rondo is ready')) resolve(undefined)
      })
    }
    server.once('close', (code) => resolve({ printed, code: code ?? 1 }))
  })
}

/** What to say at the end: how it went, where to look, and how to go on. */
function ending(end: PipelineView, client: Client, paint: Paint): string {
  const verdict = !allGreen(end)
    ? `${paint('red', '✗')} The pipeline did not end green. Its page says why.`
    : end.workflows.some((workflow) => workflow.status === 'on_hold')
      ? `${paint('green', '✓')} Green. The last job waits for your approval on the page.`
      : `${paint('green', '✓')} Green.`
  const { login, password, token } = client.admin
  const push = `git push http://${login}:${token}@localhost:${new URL(client.url).port}/git/${organization}/YOUR-REPO.git HEAD:main`
  return `
  ${verdict}

    Page     ${paint('cyan', `${client.url}/pipeline/${end.id}`)}
    Sign in  ${login} / ${password}

  Push a repository of your own; its first push makes the project:

    ${push}

  Or run the folder you are in, uncommitted changes included:

    ${program} run
`
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

/** Draws the pipeline until it has settled: in place on a terminal, a line for each change elsewhere. */
async function follow(client: Client, id: string, decorated: boolean): Promise<PipelineView> {
  const screen = new Screen(process.stdout, decorated)
  const pages = new Map<string, JobPageView>()
  const told = new Map<string, string>()
  let dirty = true
  const unfollow = client.follow(id, () => {
    dirty = true
  })
  let pipeline = await client.pipeline(id)
  try {
    for (let frame = 0; ; frame++) {
      if (dirty) {
        dirty = false
        pipeline = await client.pipeline(id)
        for (const job of pipeline.workflows.flatMap((workflow) => workflow.jobs))
          if (job.status === 'running') pages.set(job.id, await client.job(job.id))
      }
      const now = Date.now()
      const columns = process.stdout.columns || 100
      const lines = renderPipeline(pipeline, pages, { color: decorated, columns, frame, now })
      screen.footer(lines)
      if (!decorated) screen.print(changedJobs(pipeline, told, now))
      for (const job of pipeline.workflows.flatMap((workflow) => workflow.jobs)) told.set(job.id, job.status)
      if (settled(pipeline) || pipeline.state === 'errored') {
        screen.footer([])
        if (decorated || pipeline.state === 'errored') screen.print(lines)
        return pipeline
      }
      await sleep(decorated ? 100 : 300)
    }
  } finally {
    unfollow()
  }
}
