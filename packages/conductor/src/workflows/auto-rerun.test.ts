import type { Pipeline } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
jobs:
  good: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  flaky: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    max_auto_reruns: 2
    jobs:
      - good
      - flaky: {requires: [good]}
`

const workflows = (pipeline: Pipeline) => engine.database.store.queries.workflowsOf([pipeline.id])

test('a failed workflow is rerun from failed by itself, as often as the config says, and no more', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)
  await engine.run(pipeline, 'good')

  for (let tries = 0; tries < 3; tries++) await engine.run(pipeline, 'flaky', 'failed')

  const all = await workflows(pipeline)
  expect(all.map(({ status, autoRerunNumber, maxAutoReruns }) => [status, autoRerunNumber, maxAutoReruns])).toEqual([
    ['failed', 0, 2],
    ['failed', 1, 2],
    ['failed', 2, 2],
  ])
  expect(all.map((workflow) => workflow.rerunOf)).toEqual([null, all[0]?.id, all[1]?.id])
  expect(await engine.statuses(pipeline)).toEqual({ good: 'success', flaky: 'failed' })
  expect((await engine.job(pipeline, 'good')).keptFrom).not.toBeNull()
})

test('a rerun that succeeds ends it', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)
  await engine.run(pipeline, 'good')

  await engine.run(pipeline, 'flaky', 'failed')
  await engine.run(pipeline, 'flaky')

  expect((await workflows(pipeline)).map((workflow) => workflow.status)).toEqual(['failed', 'success'])
})

test('neither a cancel nor the failure of a rerun that somebody asked for is rerun', async () => {
  const { project } = await engine.home()
  const canceled = await engine.push(project, config)
  await engine.actions.cancelWorkflow((await engine.workflow(canceled)).id, null)
  await engine.actions.rerun({ workflowId: (await engine.workflow(canceled)).id, actorId: null, fromFailed: false })

  await engine.run(canceled, 'good', 'failed')

  expect((await workflows(canceled)).map((workflow) => workflow.status)).toEqual(['canceled', 'failed'])
})
