import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { dockerAnswers, imagePresent, rondo, type Stack, startStack } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)

test.runIf(!ready)('where secrets go is left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

/** Hold secrets by their purpose, readable by the server's user alone. */
const keepers = ['keys', 'admin.json', 'postgres.json']

describe.runIf(ready)('after jobs that had secrets of every kind', () => {
  let stack: Stack
  let canaries: ReadonlyMap<string, string>
  let commandLines: string

  beforeAll(async () => {
    stack = await startStack()
    await stack.createProject('acme', 'vault')
    canaries = await storeCanaries()
    commandLines = await runJobs()
  })

  afterAll(async () => {
    await stack?.stop()
  })

  async function storeCanaries() {
    const fresh = () => `canary${randomBytes(18).toString('hex')}`
    const values = new Map(['variable', 'another variable', 'context'].map((name) => [name, fresh()]))
    const project = '/api/v2/project/gh/acme/vault'
    await stack.api('POST', `${project}/envvar`, { name: 'VARIABLE', value: values.get('variable') })
    await stack.api('POST', `${project}/envvar`, { name: 'ANOTHER', value: values.get('another variable') })
    const owner = { slug: 'gh/acme', type: 'organization' }
    const { id } = await stack.api<{ id: string }>('POST', '/api/v2/context', { name: 'production', owner })
    await stack.api('PUT', `/api/v2/context/${id}/environment-variable/CONTEXT`, { value: values.get('context') })
    const { token } = await stack.api<{ token: string }>('POST', '/api/v1.1/user/token', { label: 'laptop' })
    values.set('token of a person', token)
    values.set('token of the agent', readFileSync(join(stack.data, 'keys/private/agent-token'), 'utf8').trim())
    return values
  }

  /** One job prints and fails with them, one is canceled, both name a cache by one; answers what every process was called with meanwhile. */
  async function runJobs() {
    const cache = `run: 'echo kept >/tmp/kept', save_cache: {key: 'kept-{{ .Environment.VARIABLE }}', paths: [/tmp/kept]}`
    const job = (name: string, command: string) =>
      `  ${name}:\n    docker: [{image: '${image}'}]\n    steps: [checkout, ${cache}, {run: {name: it, command: '${command}'}}]\n`
    stack.push('acme/vault', {
      '.circleci/config.yml': `version: 2.1\njobs:\n${job('fails', 'env; set -x; curl -s "http://127.0.0.1:1/?t=$VARIABLE" || echo "$CONTEXT" >&2; exit 3')}${job('waits', 'echo "$VARIABLE"; sleep 1000')}workflows: {main: {jobs: [{fails: {context: production}}, {waits: {context: production}}]}}\n`,
    })
    const pipeline = await stack.latestPipeline('acme/vault')
    const [workflow] = await stack.workflows(pipeline.id)
    const waits = await stack.waitFor('a job to print', async () => {
      for (const found of await stack.jobs(workflow!.id))
        for (const step of found.name === 'waits' ? await stack.steps(found.id) : [])
          if (step.name === 'it' && (await stack.output(step.id)).length > 0) return found
      return undefined
    })
    // The job's own curl has one on its command line: its author put it there.
    await stack.waitFor('the other to fail', async () =>
      (await stack.jobs(workflow!.id)).find((found) => found.name === 'fails' && found.status === 'failed'),
    )
    const seen = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(commandLineOf)
      .join('\n')
    await stack.api('POST', `/api/v2/workflow/${workflow!.id}/cancel`)
    await stack.waitForWorkflow(pipeline.id, 'main', ['canceled', 'failed'])
    expect((await stack.output((await stack.steps(waits.id)).find(({ name }) => name === 'it')!.id)).toString()).toBe(
      '****\n',
    )
    await noEnvironments()
    return seen
  }

  /** Of a job that ended, or that an agent which is back takes down. */
  async function noEnvironments(): Promise<void> {
    await stack.waitFor('the environments to be gone', async () =>
      readdirSync(join(stack.data, 'agent/tasks')).length === 0 ? true : undefined,
    )
  }

  function filesWithCanaries(folder: string): readonly string[] {
    return files(folder)
      .filter((path) => !keepers.includes(relative(stack.data, path).split('/')[0] ?? ''))
      .flatMap((path) => {
        const bytes = unlessGone(() => readFileSync(path)) ?? Buffer.alloc(0)
        return [...canaries]
          .filter(([, canary]) => bytes.includes(canary))
          .map(([name]) => `${name} in ${relative(stack.data, path)}`)
      })
  }

  test('no log, output, history, folder, page of the database, support bundle or command line holds one [S-07]', async () => {
    const env = { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token }
    const bundle = await rondo(['admin', 'bundle', 'bundle.json'], { cwd: stack.data, env })
    expect([bundle.code, readFileSync(join(stack.data, 'bundle.json')).length > 1_000]).toEqual([0, true])
    const found = filesWithCanaries(stack.data)
    const { items } = await stack.api<{ items: unknown[] }>(
      'GET',
      `/api/private/pipelines/${(await stack.latestPipeline('acme/vault')).id}/events`,
    )

    expect(found).toEqual([])
    expect(items.length).toBeGreaterThan(0)
    for (const [name, canary] of canaries) {
      expect(JSON.stringify(items), name).not.toContain(canary)
      expect(commandLines, `${name}, in a command line`).not.toContain(canary)
    }
  })

  test('who has the database has no secret in the clear, and nothing in it opens a door [S-08]', async () => {
    const { port, password } = JSON.parse(readFileSync(join(stack.data, 'postgres.json'), 'utf8'))
    const client = new pg.Client({ host: '127.0.0.1', port, password, user: 'rondo', database: 'postgres' })
    await client.connect()
    const hits: string[] = []
    const hashes: Buffer[] = []
    try {
      const tables = await client.query<{ name: string }>(
        `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
      )
      expect(tables.rows.length).toBeGreaterThan(20)
      for (const { name } of tables.rows) {
        const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
        for (const { row } of rows)
          for (const [what, canary] of canaries)
            if (row.includes(canary) || row.includes(Buffer.from(canary).toString('hex')))
              hits.push(`${what} in ${name}`)
      }
      const columns = await client.query<{ table: string; column: string }>(
        `select quote_ident(table_name) as table, quote_ident(column_name) as column from information_schema.columns where table_schema = 'public' and data_type = 'bytea'`,
      )
      for (const { table, column } of columns.rows) {
        const { rows } = await client.query<{ value: Buffer | null }>(
          `select ${column} as value from ${table} limit 20`,
        )
        hashes.push(...rows.flatMap(({ value }) => value ?? []))
      }
    } finally {
      await client.end()
    }
    const forms = hashes.flatMap((hash) => [
      hash.toString('hex'),
      hash.toString('base64'),
      hash.toString('base64url'),
      hash.toString('latin1').replace(/[^\x21-\x7e]/g, '?'),
    ])
    const statuses = new Set<number>()
    for (const form of forms.filter((text) => text.length < 4_000)) {
      const answer = await fetch(`${stack.url}/api/v2/me`, { headers: { 'circle-token': form } })
      statuses.add(answer.status)
    }

    expect(hits).toEqual([])
    expect(hashes.length).toBeGreaterThan(3)
    // 429: whoever tries so many is not listened to for a while.
    expect([...statuses].filter((status) => status !== 401 && status !== 429)).toEqual([])
  })

  test('a program of a job, the agent and the server leave nothing of their memory when they crash [S-07]', async () => {
    const crash =
      'cd $(mktemp -d); sh -c "kill -ABRT \\$\\$" || ls; grep core /proc/self/limits; ulimit -S -c unlimited'
    stack.push('acme/vault', {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: '${image}'}], steps: [run: {name: it, command: '${crash}'}]}}\nworkflows: {main: {jobs: [it]}}\n`,
    })
    const { id } = await stack.latestPipeline('acme/vault')
    const [job] = await stack.jobs(await stack.waitForWorkflow(id, 'main', ['success'], 60_000))
    const step = (await stack.steps(job!.id)).find(({ name }) => name === 'it')
    expect(String(await stack.output(step!.id))).toMatch(
      /^[^\n]*Aborted[^\n]*\nMax core file size +1 +unlimited +bytes\s*$/,
    )

    for (const part of ['agent', 'server'] as const) {
      const pid = stack.processOf(part)
      const [folder, limits] = [readlinkSync(`/proc/${pid}/cwd`), readFileSync(`/proc/${pid}/limits`, 'utf8')]
      process.kill(pid, 'SIGABRT')
      await stack.waitFor(`the ${part} to crash`, async () => (existsSync(`/proc/${pid}/fd/0`) ? undefined : true))

      expect([part, /^Max core file size +(\d+)/m.exec(limits)?.[1]]).toEqual([part, '1'])
      expect([part, readdirSync(folder).filter((name) => /^core(\.|$)/.test(name))]).toEqual([part, []])
    }
    await stack.startServer()
    await noEnvironments()
    expect(filesWithCanaries(stack.data)).toEqual([])
  })
})

/** PostgreSQL and the server go on, and take files away while others are read: what is gone holds nothing. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function files(folder: string): string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? files(path) : entry.isFile() ? [path] : []
  })
}

/** Of processes that end while they are read nothing is known. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
