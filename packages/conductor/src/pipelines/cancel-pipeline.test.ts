import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createContinuationKeys } from './continuation-keys.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const job = '{docker: [{image: cimg/base:current}], steps: [{run: "true"}]}'
const config = `
version: 2.1
jobs: {build: ${job}, after: ${job}}
workflows:
  main: {jobs: [build, after: {requires: [build]}]}
  held: {jobs: [hold: {type: approval}]}
`
const setup = `
version: 2.1
setup: true
jobs: {generate: ${job}}
workflows: {setup: {jobs: [generate]}}
`

test('a pipeline is canceled whole: what runs is stopped, what waits never starts, and its history says who did it', async () => {
  const { project, user } = await engine.home()
  const pipeline = await engine.push(project, config)
  const [task] = await engine.claim(1)
  await engine.plane.grant(task!)

  await engine.actions.cancelPipeline(pipeline.id, user.id)
  await engine.actions.cancelPipeline(pipeline.id, user.id)

  expect(await engine.statuses(pipeline, 'main')).toEqual({ build: 'canceled', after: 'canceled' })
  expect(await engine.statuses(pipeline, 'held')).toEqual({ hold: 'canceled' })
  const { stop } = await engine.plane.heartbeat(
    { agentId: engine.agentId, attempts: [task!], waitMs: 0 },
    new AbortController().signal,
  )
  expect(stop).toMatchObject([{ attemptId: task!.attemptId }])
  const { items } = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })
  expect(items.filter((event) => event.kind === 'pipeline.canceled')).toMatchObject([{ actorLogin: user.login }])
})

test('a pipeline that is canceled in its setup phase is not continued any more', async () => {
  const { project, user } = await engine.home()
  const pipeline = await engine.push(project, setup)
  const key = createContinuationKeys(Buffer.alloc(32)).issue(pipeline.id)

  await engine.actions.cancelPipeline(pipeline.id, user.id)

  const request = { key, configuration: config, parameters: {} }
  await expect(engine.actions.continuePipeline(request)).rejects.toMatchObject({ code: 'conflict' })
  const after = await engine.database.store.queries.pipeline(pipeline.id)
  expect(after).toMatchObject({ state: 'errored', errors: [{ message: expect.stringMatching(/canceled before/) }] })
})

test('an ended pipeline stays as it is, an unknown one is refused, and a rerun after the cancel runs', async () => {
  const { project, user } = await engine.home()
  const pipeline = await engine.push(project, config)
  await engine.actions.cancelPipeline(pipeline.id, user.id)

  const { id } = await engine.workflow(pipeline, 'main')
  const again = await engine.actions.rerun({ workflowId: id, actorId: user.id, fromFailed: false })

  expect((await engine.database.store.queries.workflow(again))?.status).toBe('running')
  await engine.actions.cancelWorkflow(again, user.id)
  const before = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })
  await engine.actions.cancelPipeline(pipeline.id, user.id)
  const after = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })
  expect(after.items.length).toBe(before.items.length)
  await expect(engine.actions.cancelPipeline(project.id, user.id)).rejects.toMatchObject({ code: 'not-found' })
})
