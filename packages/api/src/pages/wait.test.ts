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

test('a member reads what a job waits for; nobody else learns that the job exists, and a made-up id is no error of ours', async () => {
  const [home, stranger] = [await engine.home(), await engine.home()]
  const pipeline = await engine.push(
    home.project,
    'version: 2.1\nworkflows: {main: {jobs: [{hold: {type: approval}}]}}',
  )
  const job = await engine.job(pipeline, 'hold')
  const token = await web.token(home.user)

  const own = await web.request(token, 'GET', `/api/private/jobs/${job.id}/wait`)
  const foreign = await web.request(await web.token(stranger.user), 'GET', `/api/private/jobs/${job.id}/wait`)
  const wrong = await web.request(token, 'GET', '/api/private/jobs/none/wait')

  expect(own.body).toEqual({
    kind: 'approval',
    text: 'It waits for somebody to approve it.',
    ahead: null,
    expectedMs: null,
    unknown: 'Nobody can say when that will be.',
    waitedMs: expect.any(Number),
  })
  expect([foreign.status, wrong.status]).toEqual([404, 404])
})
