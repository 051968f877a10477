import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultTimes, endOverdue } from './enforce-limits.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], parallelism: 2, steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - build
      - hold: {type: approval}
`
const look = (allowed: Partial<typeof defaultTimes> = {}) =>
  endOverdue({ engine: engine.database.store.engine, checks: engine.checks }, { ...defaultTimes, ...allowed })

test('a job that runs for too long ends as timed out, and its agents are told to stop [I-040]', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)
  const task = await engine.take(pipeline, 'build')

  await look()
  const early = await engine.statuses(pipeline)
  await look({ runMs: -1_000 })
  await look({ runMs: -1_000 })

  expect(early.build).toBe('running')
  const job = await engine.job(pipeline, 'build')
  expect([job.status, job.message]).toEqual([
    'timedout',
    expect.stringMatching(/^It ran for longer than .*, which is the most a job may\.$/),
  ])
  expect(await engine.database.store.engine.renew(engine.agentId, [task], 30_000)).toEqual([
    { attemptId: task.attemptId, reason: 'timed-out' },
  ])
  expect(await engine.claim()).toEqual([])
  await engine.end(task, 'timed-out')
  expect((await engine.job(pipeline, 'build')).status).toBe('timedout')
})

test('a job that no agent takes ends as our failure, with the cure [I-040]', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)

  await look()
  const early = await engine.statuses(pipeline)
  await look({ queueMs: -1_000 })

  expect(early.build).toBe('queued')
  const job = await engine.job(pipeline, 'build')
  expect(job.status).toBe('infrastructure_fail')
  expect(job.message).toMatch(/Start agents for its executor and resource class, then rerun it\.$/)
  expect(await engine.claim()).toEqual([])
})

test('an approval that nobody gives is canceled, and the workflow ends', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)
  for (const slice of await engine.claim()) await engine.finish(slice)

  await look()
  const early = await engine.statuses(pipeline)
  await look({ approvalMs: -1_000 })

  expect(early.hold).toBe('on_hold')
  expect(await engine.job(pipeline, 'hold')).toMatchObject({
    status: 'canceled',
    message: expect.stringMatching(/^Nobody approved it within/),
  })
  expect((await engine.workflow(pipeline)).status).toBe('canceled')
})

test('a project may be given other limits than all, and the job names those it was ended by', async () => {
  const [{ project }, { project: strict }] = [await engine.home(), await engine.home()]
  const [free, limited] = [await engine.push(project, config), await engine.push(strict, config)]
  const ports = { engine: engine.database.store.engine, checks: engine.checks }

  await endOverdue(ports, defaultTimes, { [strict.id]: { ...defaultTimes, queueMs: -1_000 } })

  expect([(await engine.statuses(free)).build, (await engine.statuses(limited)).build]).toEqual([
    'queued',
    'infrastructure_fail',
  ])
})
