import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

test('a canceled build says who canceled it, alone and in lists; one that ended otherwise names nobody', async () => {
  const home = await engine.home()
  const token = await web.token(home.user)
  const project = `/api/v1.1/project/gh/${home.organization.name}/${home.project.name}`
  await engine.run(await engine.push(home.project, config), 'build')
  await engine.push(home.project, config)

  const answer = await web.request(token, 'POST', `${project}/2/cancel`)
  const canceled = await web.request(token, 'GET', `${project}/2`)
  const passed = await web.request(token, 'GET', `${project}/1`)
  const list = await web.request(token, 'GET', project)

  const { id, login, name } = home.user
  const canceler = { is_user: true, login, name, avatar_url: null, vcs_type: 'github', id }
  expect(answer.body).toMatchObject({ status: 'canceled', canceled: true, canceler })
  expect(canceled.body).toMatchObject({ status: 'canceled', canceler })
  expect(passed.body).toMatchObject({ status: 'success', canceled: false, canceler: null })
  expect((list.body as unknown as readonly object[]).map((build) => 'canceler' in build && build.canceler)).toEqual([
    canceler,
    null,
  ])
})

test('a step that its config had run again says so in the messages of its action, others say nothing', async () => {
  const home = await engine.home()
  const token = await web.token(home.user)
  const pipeline = await engine.push(home.project, config)
  const task = await engine.take(pipeline, 'build')
  const at = '2026-01-01T00:00:00.000Z'
  const start = { type: 'step-started', name: 'x', kind: 'run', command: 'x', background: false, at } as const
  const end = { type: 'step-finished', outputBytes: 0, outputSha256: '', truncated: false, at } as const
  await engine.plane.report({
    ...task,
    from: 1,
    entries: [
      { ...start, step: 0 },
      { ...end, step: 0, result: 'passed', exitCode: 0, reruns: 2 },
      { ...start, step: 1 },
      { ...end, step: 1, result: 'passed', exitCode: 0 },
    ],
  })

  const { body } = await web.request(token, 'GET', `/api/v1.1/project/gh/${home.organization.name}/app/1`)

  expect(body.steps).toMatchObject([
    { actions: [{ messages: [{ type: 'info', message: 'It failed and was run again 2 times, then it passed.' }] }] },
    { actions: [{ messages: [] }] },
  ])
  await engine.end(task)
})
