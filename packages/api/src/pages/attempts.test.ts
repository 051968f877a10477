import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

test('every try at a job is listed with its agent and what became of it, to those who may see the job', async () => {
  const [home, stranger] = [await engine.home(), await engine.home()]
  const pipeline = await engine.push(
    home.project,
    'version: 2.1\njobs: {build: {docker: [{image: i}], steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}',
  )
  const [lost] = await engine.claim(1)
  await engine.database.store.engine.transact((tx) => tx.requeue(lost!))
  await engine.run(pipeline, 'build')
  const url = `/api/private/jobs/${(await engine.job(pipeline, 'build')).id}/attempts`

  const own = await web.request(await web.token(home.user), 'GET', url)
  const foreign = await web.request(await web.token(stranger.user), 'GET', url)

  expect(own.body.items).toEqual([
    expect.objectContaining({
      slice: 0,
      number: 2,
      agent: 'test-agent',
      phase: 'finished',
      result: 'passed',
      status: 'success',
      steps: [],
    }),
    expect.objectContaining({ id: lost!.attemptId, number: 1, phase: 'finished', result: 'lost', status: 'retried' }),
  ])
  expect(foreign.status).toBe(404)
})
