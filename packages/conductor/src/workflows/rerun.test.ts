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
  a: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  b: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  c: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - a
      - b: {requires: [a]}
      - c
`

test('chosen jobs run again with what depends on them; the rest keeps the ending and the results it had [I-037]', async () => {
  const pipeline = await ended({ a: 'passed', c: 'failed', b: 'passed' })
  const before = await jobs(pipeline)

  await rerun(pipeline, { jobIds: [before.a!.id] })
  const after = await jobs(pipeline)

  expect(await engine.statuses(pipeline)).toEqual({ a: 'queued', b: 'blocked', c: 'failed' })
  expect([after.a?.keptFrom, after.b?.keptFrom, after.c?.keptFrom]).toEqual([null, null, before.c?.id])
  await engine.run(pipeline, 'a')
  await engine.run(pipeline, 'b')
  expect((await engine.workflow(pipeline)).status).toBe('failed')
})

test('a chosen job brings along what it needs and what had failed, not what had succeeded [I-037]', async () => {
  const pipeline = await ended({ a: 'failed', c: 'passed' })
  const before = await jobs(pipeline)

  await rerun(pipeline, { jobIds: [before.b!.id] })

  expect(await engine.statuses(pipeline)).toEqual({ a: 'queued', b: 'blocked', c: 'success' })
})

test('a job of another workflow is refused by its id, and nothing is made', async () => {
  const pipeline = await ended({ a: 'passed', c: 'passed', b: 'passed' })
  const stranger = await ended({ a: 'passed', c: 'passed', b: 'passed' })
  const { a } = await jobs(stranger)

  await expect(rerun(pipeline, { jobIds: [a!.id] })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringContaining(a!.id),
  })

  expect(await engine.database.store.queries.workflowsOf([pipeline.id])).toHaveLength(1)
})

test('SSH that cannot be opened is said on the jobs it was asked for, which run all the same', async () => {
  const pipeline = await ended({ a: 'passed', c: 'passed', b: 'passed' })
  const before = await jobs(pipeline)

  await rerun(pipeline, { jobIds: [before.c!.id], enableSsh: true })

  const after = await jobs(pipeline)
  expect(after.c).toMatchObject({ status: 'queued', message: expect.stringMatching(/cannot open it yet/) })
  expect(after.a?.message).toBeNull()
  await expect(rerun(pipeline, { enableSsh: true })).rejects.toThrow()
})

test('a pipeline is rerun at most a hundred times', async () => {
  const pipeline = await ended({ a: 'passed', c: 'passed', b: 'passed' })
  const { id, projectId } = (await engine.database.store.queries.workflowsOf([pipeline.id]))[0]!
  await engine.database.store.engine.transact(async (tx) => {
    for (let n = 0; n < 100; n++)
      await tx.createWorkflow({
        pipelineId: pipeline.id,
        projectId,
        name: 'main',
        status: 'success',
        startedBy: null,
        rerunOf: id,
        workspaceId: null,
        jobs: [],
      })
  })

  await expect(engine.actions.rerun({ workflowId: id, actorId: null, fromFailed: false })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/100 times/),
  })
})

async function ended(results: Readonly<Record<string, 'passed' | 'failed'>>): Promise<Pipeline> {
  const { project } = await engine.home()
  for (const task of await engine.claim()) await engine.finish(task)
  const pipeline = await engine.push(project, config)
  for (const [name, result] of Object.entries(results)) await engine.run(pipeline, name, result)
  return pipeline
}

async function jobs(pipeline: Pipeline) {
  const all = await engine.database.store.queries.jobsOf([(await engine.workflow(pipeline)).id])
  return Object.fromEntries(all.map((job) => [job.name, job]))
}

async function rerun(pipeline: Pipeline, parts: { jobIds?: readonly string[]; enableSsh?: boolean }): Promise<string> {
  const { id } = await engine.workflow(pipeline)
  return engine.actions.rerun({ workflowId: id, actorId: null, fromFailed: false, ...parts })
}
