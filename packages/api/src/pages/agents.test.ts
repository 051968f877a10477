import type { AgentView } from '@rondo/protocol'
import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let admin: string

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  const { accounts } = engine.database.store
  const user = await accounts.createUser({ login: 'root', name: 'Root', admin: true, passwordHash: null })
  admin = await web.token(user)
  await engine.plane.hello({
    name: 'test-agent',
    version: '1',
    hostname: 'host',
    os: 'linux',
    arch: 'x64',
    cpus: 64,
    memoryMb: 262_144,
    executors: ['docker'],
  })
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

const config =
  'version: 2.1\njobs: {build: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}'
const condition = {
  tasks: 0,
  maxTasks: 4,
  cpus: { used: 0, all: 4 },
  memoryMb: { used: 0, all: 8192 },
  draining: false,
  refusal: null,
}
const list = async () =>
  ((await web.request(admin, 'GET', '/api/private/agents')).body as unknown as { agents: AgentView[] }).agents

test('an agent that an administrator drains is given nothing, and the jobs that wait say why; resumed, it takes them [R-34 L-147 L-149]', async () => {
  const home = await engine.home()
  await engine.plane.checkIn(condition)
  const [agent] = await list()
  expect(agent).toMatchObject({ name: 'test-agent', state: 'ready', status: '0 of 4 tasks', drainingSince: null })

  const drained = await web.request(admin, 'POST', `/api/private/agents/${agent!.id}/drain`)
  const pipeline = await engine.push(home.project, config)
  const job = await engine.job(pipeline, 'build')

  expect(drained.body).toMatchObject({ state: 'drained', drainingSince: expect.any(String) })
  expect(await engine.claim()).toEqual([])
  expect(await engine.plane.checkIn(condition)).toEqual({ drain: true })
  expect((await list())[0]?.running).toEqual([])
  expect((await web.request(admin, 'GET', `/api/private/jobs/${job.id}/wait`)).body).toMatchObject({
    kind: 'no-agent',
    text: 'The agent that could run it takes nothing new. test-agent: An administrator drains it.',
  })

  const resumed = await web.request(admin, 'POST', `/api/private/agents/${agent!.id}/resume`)
  expect(resumed.body).toMatchObject({ state: 'ready', drainingSince: null })
  expect(await engine.plane.checkIn(condition)).toEqual({ drain: false })
  expect(await engine.claim()).toHaveLength(1)
  expect((await list())[0]?.running).toMatchObject([{ jobId: job.id, jobName: 'build', slice: 0, held: false }])
})

test('what keeps an agent from taking tasks is shown with it, and on the jobs that wait', async () => {
  const home = await engine.home()
  await engine.plane.checkIn({ ...condition, tasks: 1, refusal: 'Its disk is 97 % full.' })
  const job = await engine.job(await engine.push(home.project, config), 'build')

  const [agent] = await list()
  const wait = await web.request(admin, 'GET', `/api/private/jobs/${job.id}/wait`)

  expect(agent).toMatchObject({ state: 'closed', status: '1 of 4 tasks, takes nothing new: Its disk is 97 % full.' })
  expect(wait.body).toMatchObject({
    text: 'The agent that could run it takes nothing new. test-agent: Its disk is 97 % full.',
  })
  await engine.plane.checkIn(condition)
})

test('nobody but administrators of the installation sees or drains agents', async () => {
  const { user } = await engine.home()
  const token = await web.token(user)
  const [agent] = await list()

  expect((await web.request(token, 'GET', '/api/private/agents')).status).toBe(403)
  expect((await web.request(token, 'POST', `/api/private/agents/${agent!.id}/drain`)).status).toBe(403)
  expect((await web.request(admin, 'POST', '/api/private/agents/none/drain')).status).toBe(404)
})
