import { systemClock } from '@rondo/adapters'
import type { Pipeline } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { explainWait, type WaitReason } from '../decisions/explain-wait.ts'
import { createForecaster, type Forecaster } from './foretell-starts.ts'

let engine: TestEngine
let forecaster: Forecaster

beforeAll(async () => {
  engine = await startTestEngine()
  forecaster = createForecaster({ queue: engine.database.store.queue, clock: systemClock })
})

beforeEach(async () => {
  const { queue } = engine.database.store
  for (const limit of await queue.limits()) await queue.setLimit(limit, undefined)
  for (let tasks = await engine.claim(); tasks.length > 0; tasks = await engine.claim())
    for (const task of tasks) await engine.finish(task)
})

afterAll(() => engine.stop())

const docker = 'docker: [{image: cimg/base:current}]'
const config = (workflow: string, parallelism = 1) => `
version: 2.1
jobs:
  build: {${docker}, parallelism: ${parallelism}, steps: [{run: "true"}]}
workflows: {main: {jobs: [${workflow}]}}
`

describe('when a waiting job is expected to start', () => {
  test('is said of one that waits for room, and how far off that was is measured when it does', async () => {
    const { project } = await engine.home()
    const pipeline = await engine.push(project, config('build'))
    const { id } = await engine.job(pipeline, 'build')

    const told = await why(pipeline, 'build')
    await engine.run(pipeline, 'build')
    const before = await quality(project.id)
    await forecaster.look()

    expect(told).toMatchObject({ kind: 'room', ahead: 0, expectedMs: 0, unknown: null })
    expect(before).toEqual([])
    expect(await quality(project.id)).toMatchObject([{ kind: 'room', jobs: 1 }])
    // As if it had been foretold ten seconds before it came, and two seconds too early.
    await startedAfter(id, { wait: 10, late: 2 })
    expect(await quality(project.id)).toEqual([
      { kind: 'room', jobs: 1, medianErrorMs: 2_000, p90ErrorMs: 2_000, medianWaitMs: 10_000, errorShare: 0.2 },
    ])
    // Of so short a wait, what part of it the error is says nothing.
    await startedAfter(id, { wait: 0.5, late: -0.5 })
    expect(await quality(project.id)).toEqual([
      { kind: 'room', jobs: 1, medianErrorMs: 500, p90ErrorMs: 500, medianWaitMs: 500, errorShare: null },
    ])
  })

  test('is said of what a limit holds back: when one under it ends, each place later; nobody knows when a block is lifted', async () => {
    const { project, organization } = await engine.home()
    const { queue } = engine.database.store
    const scope = { organizationId: organization.id, projectId: project.id, resourceClass: null }
    await queue.setLimit(scope, 1)
    const [first, second, third] = await pushes(3, project, config('build'))
    const task = await engine.take(first!, 'build')

    const [next, last] = [await why(second!, 'build'), await why(third!, 'build')]
    await queue.setLimit(scope, 0)
    const blocked = await why(second!, 'build')
    await queue.setLimit(scope, 1)
    await engine.end(task)
    await engine.run(second!, 'build')
    await forecaster.look()

    expect([next.kind, next.ahead, last.ahead]).toEqual(['limit', 0, 1])
    expect(last.expectedMs).toBeGreaterThan(next.expectedMs!)
    expect(blocked).toMatchObject({ kind: 'limit', expectedMs: null, unknown: 'Nobody can say when that will be.' })
    expect(await quality(project.id)).toMatchObject([{ kind: 'limit', jobs: 1 }])
  })

  test('is said of a lock and of the jobs behind it: when its holder gives it back, then one after the other', async () => {
    const { project } = await engine.home()
    const [first, second, third] = await pushes(3, project, config('build: {serial-group: prod}'))
    const task = await engine.take(first!, 'build')

    const [next, last] = [await why(second!, 'build/lock'), await why(third!, 'build/lock')]
    const behind = await why(third!, 'build')
    await engine.end(task)

    expect([next.kind, next.ahead, last.ahead, behind.kind]).toEqual(['lock', 1, 2, 'jobs'])
    expect(next.expectedMs).toBeGreaterThan(0)
    expect(last.expectedMs).toBeGreaterThan(next.expectedMs!)
    expect(behind.expectedMs).not.toBeNull()
  })

  test('is measured of a lock from the first forecast to the moment in which it was had', async () => {
    const { project } = await engine.home()
    const [first, second, third] = await pushes(3, project, config('build: {serial-group: prod}'))
    const task = await engine.take(first!, 'build')
    await forecaster.look()

    await engine.end(task)
    await engine.settle()
    await engine.actions.cancelWorkflow((await engine.workflow(third!)).id, null)
    await engine.run(second!, 'build')
    await forecaster.look()

    // That of the workflow that was canceled says nothing.
    expect(await quality(project.id)).toMatchObject([
      { kind: 'jobs', jobs: 1 },
      { kind: 'lock', jobs: 1 },
    ])
  })

  test('is the end of the longest way through the jobs before it; behind an approval nobody can say, nor of what only a failure starts', async () => {
    const { project } = await engine.home()
    const pipeline = await engine.push(
      project,
      config(`
        build, {build: {name: next, requires: [build]}}, {build: {name: last, requires: [next]}}, {hold: {type: approval}},
        {build: {name: ship, requires: [last, hold]}}, {build: {name: rescue, requires: [{build: failed}]}}`),
    )
    const task = await engine.take(pipeline, 'build')

    const [next, last] = [await why(pipeline, 'next'), await why(pipeline, 'last')]
    const [ship, rescue, hold] = [
      await why(pipeline, 'ship'),
      await why(pipeline, 'rescue'),
      await why(pipeline, 'hold'),
    ]

    await engine.end(task)

    expect(last.expectedMs).toBeGreaterThan(next.expectedMs!)
    expect(ship).toMatchObject({ kind: 'jobs', expectedMs: null, text: 'It waits for last, hold.' })
    expect(ship.unknown).toBe('Nobody can say when: somebody has to approve hold first.')
    expect(rescue.unknown).toBe('It starts only if build should not pass.')
    expect(hold.unknown).toBe('Nobody can say when that will be.')
  })

  test('goes by what jobs of that name took lately, and before its first run by those of its project', async () => {
    const [home, other] = [await engine.home(), await engine.home()]
    await engine.run(await engine.push(home.project, config('build')), 'build')
    const [known, strange] = [await lengths(home.project, 'build'), await lengths(other.project, 'other')]
    const named = await lengths(home.project, 'other')

    expect(known).toHaveLength(1)
    expect(named).toHaveLength(1)
    // Nothing of that project ever ran: those of the whole installation.
    expect(strange.length).toBeGreaterThan(0)
  })
})

test('the time from one end to the next start is measured of tasks that waited for it', async () => {
  const { project } = await engine.home()
  const { queue } = engine.database.store
  const [first] = await pushes(3, project, config('build'))
  const task = await engine.take(first!, 'build')
  await engine.end(task)
  for (const next of await engine.claim(1)) await engine.finish(next)

  const facts = await queue.forecastFacts()

  expect(facts?.handoverMs).toBeGreaterThan(0)
})

test('a look that fails costs nobody the answer, and the next one goes on', async () => {
  const { project } = await engine.home()
  const { queue } = engine.database.store
  const { id } = await engine.job(await engine.push(project, config('build')), 'build')
  let broken = true
  const fragile = createForecaster({
    queue: { ...queue, forecastFacts: () => (broken ? Promise.reject(new Error('gone')) : queue.forecastFacts()) },
    clock: systemClock,
  })

  const during = await fragile.expected(id, 0)
  await expect(fragile.look()).rejects.toThrow('gone')
  broken = false

  expect(during).toBeUndefined()
  expect(await fragile.expected(id, 0)).toMatchObject({ kind: 'room', inMs: 0 })
})

describe('jobs of other shapes', () => {
  test('some slices of which run say how many still wait', async () => {
    const { project, organization } = await engine.home()
    const scope = { organizationId: organization.id, projectId: null, resourceClass: null }
    await engine.database.store.queue.setLimit(scope, 3)
    const pipeline = await engine.push(project, config('build', 12))
    const claimed = await engine.claim()

    const told = await why(pipeline, 'build')
    for (const task of claimed) await engine.finish(task)

    expect(told.text).toBe(
      'At most 3 tasks of its organisation may run at once, and so many do. 9 of its 12 slices wait.',
    )
    expect([told.kind, told.expectedMs === null]).toEqual(['limit', false])
  })

  test('that were promoted, or are larger than every agent, say so', async () => {
    const { project } = await engine.home()
    await engine.push(project, config('build'))
    const pipeline = await engine.push(project, config('build').replace(docker, `${docker}, resource_class: 2xlarge`))
    const { engine: port, queue } = engine.database.store
    const machine = { name: 'test-agent', hostname: 'host', memoryMb: 262_144, executors: ['docker'] as const }
    await port.saveAgent({ ...machine, cpus: 8 })
    await queue.promote([(await engine.job(pipeline, 'build')).id])

    const told = await why(pipeline, 'build')
    await port.saveAgent({ ...machine, cpus: 64 })

    expect(told).toMatchObject({ kind: 'room', ahead: 0, expectedMs: 0 })
    expect(told.text).toBe(
      'It is next in line: it starts as soon as the agent that runs docker jobs has room for its class 2xlarge. An administrator put it before all others. Its class 2xlarge is larger than every agent, so it is given all 8 CPUs of one.',
    )
  })
})

async function pushes(
  count: number,
  project: Parameters<TestEngine['push']>[0],
  text: string,
): Promise<readonly Pipeline[]> {
  const made: Pipeline[] = []
  for (let index = 0; index < count; index++) made.push(await engine.push(project, text))
  return made
}

async function why(pipeline: Pipeline, name: string): Promise<WaitReason> {
  const { id } = await engine.job(pipeline, name)
  const facts = (await engine.database.store.queue.wait(id))!
  return explainWait(facts, await forecaster.expected(id, facts.waitedMs))
}

function quality(projectId: string) {
  return engine.database.store.queue.forecastQuality({ projectId })
}

/** Seconds that a job waited after its forecast, and how much later than that it started. */
async function startedAfter(jobId: string, { wait, late }: { readonly wait: number; readonly late: number }) {
  const client = new pg.Client({ connectionString: engine.database.connectionString })
  await client.connect()
  await client.query(
    `update forecasts set made_at = started_at - $2 * interval '1 second', expected_at = started_at - $3 * interval '1 second' where job_id = $1`,
    [jobId, wait, late],
  )
  await client.end()
}

/** Of a job that waits for its first start. */
async function lengths(project: Parameters<TestEngine['push']>[0], name: string): Promise<readonly number[]> {
  const pipeline = await engine.push(project, config('build').replaceAll('build', name))
  const { id } = await engine.job(pipeline, name)
  const facts = await engine.database.store.queue.forecastFacts()
  return facts?.jobs.find((job) => job.id === id)?.lengths ?? []
}
