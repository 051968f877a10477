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
const usage = {
  startedAt: '2026-01-02T03:04:05.000Z',
  intervalMs: 1_000,
  cpus: 2,
  memoryMb: 4096,
  cpuMilli: [500, 2000],
  memoryKb: [1024, 2048],
}

test('what a job uses is read by members while it runs and afterwards; a report that comes late changes nothing back', async () => {
  const [home, stranger] = [await engine.home(), await engine.home()]
  const pipeline = await engine.push(home.project, config)
  const { id } = await engine.job(pipeline, 'build')
  const task = await engine.take(pipeline, 'build')
  const token = await web.token(home.user)
  const url = `/api/private/jobs/${id}/usage`
  const before = await web.request(token, 'GET', url)

  await engine.plane.reportUsage(task, usage)
  await engine.plane.reportUsage(task, { ...usage, cpuMilli: [500], memoryKb: [1024] })
  const during = await web.request(token, 'GET', url)
  await engine.end(task)

  expect(before.body).toEqual({ slices: [] })
  expect(during.body).toEqual({
    slices: [
      {
        index: 0,
        startedAt: usage.startedAt,
        intervalMs: 1_000,
        cpus: 2,
        memoryLimitBytes: 4 * 1024 ** 3,
        cpuCores: [0.5, 2],
        memoryBytes: [1024 ** 2, 2 * 1024 ** 2],
      },
    ],
  })
  expect((await web.request(token, 'GET', url)).body).toEqual(during.body)
  expect((await web.request(await web.token(stranger.user), 'GET', url)).status).toBe(404)
})

test.each([
  { ...usage, cpuMilli: [1] },
  { ...usage, startedAt: 'never' },
  { ...usage, memoryKb: [-1, 0] },
  { ...usage, cpuMilli: Array(601).fill(0), memoryKb: Array(601).fill(0) },
])('samples that are not as the contract has them are refused', async (wrong) => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config)
  const task = await engine.take(pipeline, 'build')

  await expect(engine.plane.reportUsage(task, wrong)).rejects.toMatchObject({ code: 'bad-request' })
  await engine.end(task)
})
