import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainWait } from '../decisions/explain-wait.ts'
import { foretell } from './foretell-starts.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`

test('a waiting job is told when it is expected to start, and how far off that was is measured when it does', async () => {
  const { project } = await engine.home()
  const { queue } = engine.database.store
  const pipeline = await engine.push(project, config)
  const { id } = await engine.job(pipeline, 'build')
  const before = await queue.forecastQuality()

  await foretell({ queue })
  const told = explainWait((await queue.wait(id))!)
  await engine.run(pipeline, 'build')
  await foretell({ queue })
  const after = await queue.forecastQuality()

  expect(before).toEqual({ jobs: 0, medianErrorMs: null, p90ErrorMs: null })
  expect(told).toMatchObject({ kind: 'room', ahead: 0, expectedMs: 0 })
  expect(after).toEqual({ jobs: 1, medianErrorMs: expect.any(Number), p90ErrorMs: expect.any(Number) })
})

test('what a limit holds back is foretold nothing', async () => {
  const { project } = await engine.home()
  const { queue } = engine.database.store
  await queue.setLimit({ organizationId: project.organizationId, projectId: null, resourceClass: null }, 0)
  await engine.push(project, config)

  expect(await queue.forecastFacts()).toEqual([])
})
