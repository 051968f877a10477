import { projectSlug } from '@rondo/model'
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

const config =
  'version: 2.1\njobs: {build: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}'

/** A job of this household that has failed; how long its environment stays, as its agent is told. */
async function failedJob(home: Awaited<ReturnType<TestEngine['home']>>, branch = 'main') {
  const pipeline = await engine.push(home.project, config, { ref: { branch } })
  const { id } = await engine.job(pipeline, 'build')
  const task = await engine.take(pipeline, 'build')
  const { forMs } = await engine.plane.beginHold(task)
  await engine.end(task, 'failed')
  return { id, task, forMs }
}

async function keeping() {
  const home = await engine.home()
  const token = await web.token(home.user)
  const url = `/api/private/holds?project=${projectSlug(home.project)}`
  expect((await web.request(token, 'POST', url, { hold: true })).body).toEqual({ hold: true })
  return { home, token }
}

test('nothing stays of a project that does not ask for it, nor of pull requests, nor beyond the quota of the organisation', async () => {
  const { home } = await keeping()

  expect((await failedJob(await engine.home())).forMs).toBeNull()
  expect((await failedJob(home, 'pull/7')).forMs).toBeNull()
  const kept = []
  for (let count = 0; count < 4; count++) kept.push((await failedJob(home)).forMs)
  expect(kept).toEqual([600_000, 600_000, 600_000, null])
})

test('what its owner asks for reaches the agent in order, once, and only until it is given back; the result stays', async () => {
  const { home, token } = await keeping()
  const { id, task } = await failedJob(home)
  const signal = new AbortController().signal
  const orders = [{ type: 'run', command: 'make' }, { type: 'continue' }]
  const url = `/api/private/jobs/${id}/hold`

  expect((await web.request(token, 'POST', url, { slice: 0, orders })).status).toBe(200)
  const given = await engine.plane.holdOrders(task, 0, 0, signal)
  expect(given.map(({ order }) => order)).toEqual(orders)
  expect(await engine.plane.holdOrders(task, given[1]!.id, 0, signal)).toEqual([])
  expect((await web.request(token, 'GET', `/api/private/jobs/${id}`)).body).toMatchObject({
    job: { status: 'failed' },
    slices: [{ heldUntil: expect.any(String) }],
  })

  await engine.plane.endHold(task, 'over')
  expect((await web.request(token, 'POST', url, { slice: 0, orders })).status).toBe(409)
  await expect(engine.plane.holdOrders(task, 0, 0, signal)).rejects.toMatchObject({ code: 'gone' })
})

test('nobody but who may start builds of the project asks for anything there, and nothing that is not on the list', async () => {
  const { home, token } = await keeping()
  const { id } = await failedJob(home)
  const stranger = await web.token((await engine.home()).user)
  const ask = (by: string, orders: readonly object[]) =>
    web.request(by, 'POST', `/api/private/jobs/${id}/hold`, { slice: 0, orders })

  expect((await ask(stranger, [{ type: 'continue' }])).status).toBe(404)
  expect((await ask(token, [{ type: 'reboot' }])).status).toBe(400)
  expect((await ask(token, [{ type: 'run', command: '' }])).status).toBe(400)
  expect((await ask(token, [])).status).toBe(400)
  const url = `/api/private/holds?project=${projectSlug(home.project)}`
  expect((await web.request(stranger, 'POST', url, { hold: true })).status).toBe(404)
})
