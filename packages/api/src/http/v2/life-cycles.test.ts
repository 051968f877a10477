import { randomUUID } from 'node:crypto'
import {
  createContinuationKeys,
  createUserActions,
  defaultTimes,
  describeEvent,
  endOverdue,
  sweepLeases,
} from '@rondo/conductor'
import type { Pipeline, UserActions } from '@rondo/model'
import {
  buildHousehold,
  buildRevision,
  type Household,
  startTestEngine,
  startTestWeb,
  type TestEngine,
  type TestWeb,
} from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let home: Household
let token: string

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

/** Every test has an organisation of its own, and an empty queue. */
beforeEach(async () => {
  home = await buildHousehold(engine.database.store)
  token = await web.token(home.user)
  await engine.claim()
})

const build = '{docker: [{image: cimg/base:current}], steps: [{run: "true"}]}'
const config = (jobs: string, more = '') => `
version: 2.1
${more}
jobs:
  one: ${build}
  two: ${build}
workflows:
  main:
    jobs: ${jobs}
`
const chain = config('[one, two: {requires: [one]}]')
const alone = config('[one]')
const overdue = (allowed: Partial<typeof defaultTimes>) =>
  endOverdue({ engine: engine.database.store.engine, checks: engine.checks }, { ...defaultTimes, ...allowed })

describe('a job is said to be', () => {
  test('blocked while what it requires has not ended', async () => {
    const pipeline = await push(chain)

    expect(await jobs(pipeline)).toEqual({ one: 'queued', two: 'blocked' })
  })

  test('queued, then running once an agent has its start, then success', async () => {
    const pipeline = await push(alone)
    const said = [(await jobs(pipeline)).one]
    const task = await engine.take(pipeline, 'one')
    said.push((await jobs(pipeline)).one)
    await engine.end(task)
    said.push((await jobs(pipeline)).one)

    expect(said).toEqual(['queued', 'running', 'success'])
  })

  test('failed when a step of it failed, and what requires its success not_run', async () => {
    const pipeline = await push(chain)
    await engine.run(pipeline, 'one', 'failed')

    expect(await jobs(pipeline)).toEqual({ one: 'failed', two: 'not_run' })
  })

  test('on_hold while somebody has to approve', async () => {
    const pipeline = await push(config('[hold: {type: approval}, one: {requires: [hold]}]'))

    expect(await jobs(pipeline)).toEqual({ hold: 'on_hold', one: 'blocked' })
  })

  test('not_running while others hold its lock', async () => {
    const serial = config('[one: {serial-group: production}]')
    await push(serial)
    const second = await push(serial)

    expect(Object.values(await jobs(second))).toContain('not_running')
  })

  test('canceled when a user canceled it', async () => {
    const pipeline = await push(alone)
    const { id } = await engine.workflow(pipeline)
    await ask('POST', `/api/v2/workflow/${id}/cancel`)

    expect(await jobs(pipeline)).toEqual({ one: 'canceled' })
  })

  test('timedout when it ran for too long', async () => {
    const pipeline = await push(alone)
    await engine.take(pipeline, 'one')
    await overdue({ runMs: -1_000 })

    expect(await jobs(pipeline)).toEqual({ one: 'timedout' })
  })

  test.each([
    ['no agent took it', undefined],
    ['its agent was lost', 'lost'],
  ] as const)('infrastructure_fail when %s', async (_why, result) => {
    const pipeline = await push(alone)
    if (result !== undefined) await engine.run(pipeline, 'one', result)
    else await overdue({ queueMs: -1_000 })

    expect(await jobs(pipeline)).toEqual({ one: 'infrastructure_fail' })
  })

  test('terminated-unknown when its agent came back and knows nothing of it any more [I-034]', async () => {
    const pipeline = await push(alone)
    const task = await engine.take(pipeline, 'one')
    await engine.database.store.engine.renew(engine.agentId, [task], -60_000)
    await engine.database.store.engine.saveAgent(agentRecord)
    await cameBack(45_000)
    await giveUpTheSilent()
    const { id } = await engine.workflow(pipeline)
    const number = (await engine.job(pipeline, 'one')).number
    const v1 = await ask('GET', `/api/v1.1/project/gh/${home.organization.name}/${home.project.name}/${number}`)

    expect(await jobs(pipeline)).toEqual({ one: 'terminated-unknown' })
    expect(await workflow(pipeline)).toBe('failed')
    expect((await ask('GET', `/api/v2/workflow/${id}`)).stopped_at).not.toBeNull()
    expect(v1).toMatchObject({
      status: 'infrastructure_fail',
      fail_reason: expect.stringContaining('knows nothing of'),
    })
  })

  test('running while its agent, silent for long, has just come back and may be about to speak of it', async () => {
    const pipeline = await push(alone)
    const task = await engine.take(pipeline, 'one')
    await engine.database.store.engine.renew(engine.agentId, [task], -10_000)
    await engine.database.store.engine.saveAgent(agentRecord)
    await cameBack(1_000)

    await giveUpTheSilent()

    expect(await jobs(pipeline)).toEqual({ one: 'running' })
    expect(await engine.database.store.engine.renew(engine.agentId, [task], 30_000)).toEqual([])
  })

  test('queued again when its agent was lost before it began, and retried in the list of its attempts [I-034]', async () => {
    const pipeline = await push(alone)
    const { id } = await engine.job(pipeline, 'one')
    const [task] = await engine.claim(1)
    await engine.database.store.engine.renew(engine.agentId, [task!], -1_000)
    await giveUpTheSilent()
    const said = [(await jobs(pipeline)).one, await attempts(id)]
    await engine.run(pipeline, 'one', 'failed')
    said.push((await jobs(pipeline)).one, await attempts(id))

    expect(said).toEqual(['queued', ['retried'], 'failed', ['failed', 'retried']])
  })

  test('unauthorized when it may not have its context', async () => {
    const pipeline = await push(config('[one: {context: ghost}]'))

    expect(await jobs(pipeline)).toEqual({ one: 'unauthorized' })
  })
})

describe('a workflow is said to be', () => {
  test('running, failing while something of it still runs after a failure, then failed', async () => {
    const pipeline = await push(config('[one, two]'))
    const one = await engine.take(pipeline, 'one')
    const other = await engine.take(pipeline, 'two')
    const said = [await workflow(pipeline)]
    await engine.end(one, 'failed')
    said.push(await workflow(pipeline))
    await engine.end(other)
    said.push(await workflow(pipeline))

    expect(said).toEqual(['running', 'failing', 'failed'])
  })

  test('success when all that ran did', async () => {
    const pipeline = await push(alone)
    await engine.run(pipeline, 'one')

    expect(await workflow(pipeline)).toBe('success')
  })

  test('on_hold when nothing but an approval is left to happen, then canceled by who cancels it', async () => {
    const pipeline = await push(config('[hold: {type: approval}, one: {requires: [hold]}]'))
    const said = [await workflow(pipeline)]
    const { id } = await engine.workflow(pipeline)
    await ask('POST', `/api/v2/workflow/${id}/cancel`)
    said.push(await workflow(pipeline))

    expect(said).toEqual(['on_hold', 'canceled'])
  })

  test('unauthorized when a context was refused', async () => {
    expect(await workflow(await push(config('[one: {context: ghost}]')))).toBe('unauthorized')
  })

  test('error when what follows cannot be decided, with the reason, and its agent is heard all the same [I-033]', async () => {
    const pipeline = await push(config('[one, two: {requires: [one]}, two: {name: slow}]'))
    const task = await engine.take(pipeline, 'one')
    await storeJob(pipeline, 'two', { type: 'of a newer version' })
    await engine.end(task)
    const { id } = await engine.workflow(pipeline)
    const after = await ask('GET', `/api/v2/workflow/${id}`)
    const { items } = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })

    expect(after).toMatchObject({ status: 'error', stopped_at: expect.any(String) })
    expect(await jobs(pipeline)).toEqual({ one: 'success', two: 'canceled', slow: 'canceled' })
    expect((await engine.job(pipeline, 'two')).message).toMatch(/could not be decided.*of a newer version.*Rerun/)
    expect(describeEvent(items.findLast((event) => event.kind === 'workflow.finished')!)).toMatchObject({
      what: expect.stringContaining('error'),
      why: expect.stringContaining('could not be decided'),
    })
    expect(await engine.claim()).toEqual([])
  })

  test('error when somebody cancels it and a job has a status that nobody knows', async () => {
    const pipeline = await push(config('[hold: {type: approval}, one: {requires: [hold]}, two]'))
    await storeJob(pipeline, 'two', { status: 'paused' })
    await ask('POST', `/api/v2/workflow/${(await engine.workflow(pipeline)).id}/cancel`)

    expect(await workflow(pipeline)).toBe('error')
    expect(await jobs(pipeline)).toEqual({ hold: 'canceled', one: 'canceled', two: 'canceled' })
  })

  test('not_run when a newer pipeline overtook all of it', async () => {
    const serial = config('[hold: {type: approval}, one: {requires: [hold], serial-group: production}]')
    const older = await push(serial)
    const newer = await push(serial)
    await approve(newer)
    await approve(older)

    expect((await jobs(older)).one).toBe('not_run')
  })
})

describe('a pipeline is said to be', () => {
  const setup = config('[one]', 'setup: true')

  test('created when it has its workflows', async () => {
    expect(await state((await push(alone)).id)).toBe('created')
  })

  test('errored when its config does not compile, with the reason', async () => {
    await expect(push('version: 2.1\njobs: []')).rejects.toThrow()
    const { items } = await ask('GET', `/api/v2/project/gh/${home.organization.name}/${home.project.name}/pipeline`)

    expect(items[0]).toMatchObject({
      state: 'errored',
      errors: [{ type: 'config', message: expect.stringContaining('jobs') }],
    })
  })

  test('setup as soon as anybody sees it, since it comes with its setup workflow: never setup-pending', async () => {
    const project = { ...home.project, settings: { ...home.project.settings, setupWorkflows: true } }
    const seen: unknown[] = []
    const { id } = await engine.push(project, setup)
    const created = (await engine.database.store.queries.eventsOf(id, { limit: 10 })).items
    for (const { kind, data } of created) if (kind === 'pipeline.created') seen.push(data.state)
    seen.push(await state(id), await workflow({ id }))

    expect(seen).toEqual(['setup', 'setup', 'running'])
  })

  test('setup until it is continued, and pending while that is compiled', async () => {
    const { id } = await engine.push(
      { ...home.project, settings: { ...home.project.settings, setupWorkflows: true } },
      setup,
    )
    const said = [await state(id)]
    const keys = createContinuationKeys(Buffer.alloc(32))
    const request = { key: keys.issue(id), configuration: alone, parameters: {} }
    // The process that accepts it cannot compile it; another can.
    await withoutCompiler().continuePipeline(request)
    said.push(await state(id))

    expect(said).toEqual(['setup', 'pending'])
  })
})

/** As a newer version, or a hand, may have left it. */
async function storeJob(
  pipeline: Pipeline,
  name: string,
  { type, status }: { readonly type?: string; readonly status?: string },
): Promise<void> {
  const database = new pg.Client({ connectionString: engine.database.connectionString })
  await database.connect()
  const { id } = await engine.job(pipeline, name)
  await database.query('update jobs set type = coalesce($2, type), status = coalesce($3, status) where id = $1', [
    id,
    type ?? null,
    status ?? null,
  ])
  await database.end()
}

const agentRecord = {
  name: 'test-agent',
  hostname: 'host',
  cpus: 64,
  memoryMb: 262_144,
  executors: ['docker'],
}

/** As if the agent were there again for this long, after a silence. */
async function cameBack(msAgo: number): Promise<void> {
  const database = new pg.Client({ connectionString: engine.database.connectionString })
  await database.connect()
  await database.query(`update agents set back_at = now() - $2 * interval '1 ms' where id = $1`, [
    engine.agentId,
    msAgo,
  ])
  await database.end()
}

/** Looks once after those whose lease is over, as if they had been silent for long. */
async function giveUpTheSilent(): Promise<void> {
  const { engine: port } = engine.database.store
  const stop = new AbortController()
  await engine.database.agentsWereServed()
  await sweepLeases(
    {
      engine: { ...port, refreshLeases: async () => {} },
      checks: engine.checks,
      clock: { now: () => new Date(), monotonicMs: () => 0, sleep: async () => stop.abort() },
    },
    { lostAfterMs: 0 },
    stop.signal,
  )
}

async function attempts(jobId: string): Promise<readonly string[]> {
  return (await ask('GET', `/api/private/jobs/${jobId}/attempts`)).items.map((attempt) => attempt.status)
}

function push(text: string): Promise<Pipeline> {
  return engine.push(home.project, text)
}

interface Answer {
  readonly status: string
  readonly state: string
  readonly stopped_at: string | null
  readonly items: readonly { readonly name: string; readonly status: string }[]
}

async function ask(method: 'GET' | 'POST', url: string): Promise<Answer> {
  return (await web.request(token, method, url)).body as unknown as Answer
}

/** Status of every job, as the API tells it. */
async function jobs(pipeline: Pipeline): Promise<Readonly<Record<string, string>>> {
  const { id } = await engine.workflow(pipeline)
  const { items } = await ask('GET', `/api/v2/workflow/${id}/job`)
  return Object.fromEntries(items.map((job) => [job.name, job.status]))
}

async function workflow(pipeline: Pick<Pipeline, 'id'>): Promise<string> {
  return (await ask('GET', `/api/v2/workflow/${(await engine.workflow(pipeline)).id}`)).status
}

async function state(id: string): Promise<string> {
  return (await ask('GET', `/api/v2/pipeline/${id}`)).state
}

async function approve(pipeline: Pipeline): Promise<void> {
  const { id } = await engine.workflow(pipeline)
  await ask('POST', `/api/v2/workflow/${id}/approve/${(await engine.job(pipeline, 'hold')).id}`)
}

/** A server whose compiler is out of order. */
function withoutCompiler(): Pick<UserActions, 'continuePipeline'> {
  const broken = () => Promise.reject(new Error('out of order'))
  return createUserActions({
    engine: engine.database.store.engine,
    compiler: { compile: broken, checkOrb: broken, close: async () => {} },
    continuationKeys: createContinuationKeys(Buffer.alloc(32)),
    repositories: {
      create: async () => {},
      exists: async () => true,
      branches: async () => [],
      resolve: async () => buildRevision(),
      readFile: async () => Buffer.from(''),
    },
    publicUrl: 'http://ci.example.com',
    clock: { now: () => new Date(), monotonicMs: () => performance.now(), sleep: async () => {} },
    newId: randomUUID,
  })
}
