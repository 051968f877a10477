import { type CliWorld, startCliWorld, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: CliWorld
let engine: TestEngine

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [hold: {type: approval}, build: {requires: [hold]}]}}
`

beforeAll(async () => {
  world = await startCliWorld()
  engine = world.engine
})

afterAll(() => world.stop())

const dispatcher = (...args: readonly string[]) => world.rondo(world.root, 'admin', 'dispatcher', ...args)

test('the log of a job that there is not says so, and what the id is of if of something else', async () => {
  const pipeline = await engine.push((await engine.home()).project, config)
  const workflow = await engine.workflow(pipeline)
  const nobody = '00000000-0000-4000-8000-000000000000'

  const unknown = await dispatcher(nobody)
  const [ofWorkflow, ofPipeline] = [await dispatcher(workflow.id), await dispatcher(pipeline.id)]

  const cure = `Give the id of one of its jobs; rondo admin history ${pipeline.id} shows them all.`
  expect(unknown).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`There is no job ${nobody}. `) })
  expect(ofWorkflow).toMatchObject({
    code: 1,
    err: expect.stringContaining(`${workflow.id} is a workflow. ${cure}`),
  })
  expect(ofPipeline).toMatchObject({
    code: 1,
    err: expect.stringContaining(`${pipeline.id} is a pipeline. ${cure}`),
  })
})

test('a job that the dispatcher has not had yet says so', async () => {
  const pipeline = await engine.push((await engine.home()).project, config)
  const { id } = await engine.job(pipeline, 'build')

  const waiting = await dispatcher(id)
  const json = await dispatcher(id, '--json')

  expect(waiting).toMatchObject({ code: 0, out: expect.stringMatching(/^The dispatcher has not had this job: /) })
  expect(JSON.parse(json.out)).toEqual([])
})
