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

test('a build says what made it and what it repeats: a push, the API, a schedule, a retry, one with SSH, an automatic rerun', async () => {
  const [home, friend] = [await engine.home(), (await engine.home()).user]
  await engine.database.store.accounts.setMember(home.organization.id, friend.id, 'writer')
  const [token, other] = [await web.token(home.user), await web.token(friend)]
  const project = `/api/v1.1/project/gh/${home.organization.name}/${home.project.name}`
  const pushed = await engine.push(home.project, config, { actorId: home.user.id })
  await engine.run(pushed, 'build')

  const retry = await web.request(other, 'POST', `${project}/1/retry`)
  await engine.run(pushed, 'build')
  const ssh = await web.request(other, 'POST', `${project}/2/ssh`)
  await engine.run(pushed, 'build')
  await engine.run(await engine.push(home.project, config, { trigger: 'api' }), 'build')
  await engine.run(await engine.push(home.project, config, { trigger: 'scheduled_pipeline' }), 'build')
  const flaky = config.replace('main: {', 'main: {max_auto_reruns: 1, ')
  await engine.run(await engine.push(home.project, flaky, { actorId: home.user.id }), 'build', 'failed')

  const closed = { ssh_disabled: true, ssh_users: [] }
  const [jo, sam] = [{ login: home.user.login }, { login: friend.login }]
  expect(retry.body).toMatchObject({ build_num: 2, why: 'retry', retry_of: 1, user: sam, ...closed })
  const open = { build_num: 3, why: 'ssh', retry_of: 2, user: sam, ssh_disabled: false, ssh_users: [sam] }
  expect(ssh.body).toMatchObject(open)
  expect((await web.request(token, 'GET', `${project}/3`)).body).toMatchObject({ ...open, status: 'success' })
  expect((await web.request(token, 'GET', project)).body).toMatchObject([
    { build_num: 7, why: 'retry', retry_of: 6, user: jo, ...closed },
    { build_num: 6, why: 'github', retry_of: null, user: jo, ...closed },
    { build_num: 5, why: 'schedule', retry_of: null, ...closed },
    { build_num: 4, why: 'api', retry_of: null, ...closed },
    open,
    { build_num: 2, why: 'retry', retry_of: 1, user: sam, ...closed },
    { build_num: 1, why: 'github', retry_of: null, user: jo, ...closed },
  ])
})

const chain = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build, build: {name: test, requires: [build]}, build: {name: ship, requires: [test]}]}}
`

test('a rerun repeats the build that a rerun before it had kept; what never ran before repeats nothing, and only chosen builds are open', async () => {
  const home = await engine.home()
  const token = await web.token(home.user)
  const project = `/api/v1.1/project/gh/${home.organization.name}/${home.project.name}`
  const pipeline = await engine.push(home.project, chain)
  await engine.run(pipeline, 'build')
  await engine.run(pipeline, 'test', 'failed')
  const { id } = await engine.workflow(pipeline)
  await engine.actions.rerun({ workflowId: id, actorId: home.user.id, fromFailed: true })
  await engine.run(pipeline, 'test')
  await engine.run(pipeline, 'ship')
  expect((await web.request(token, 'GET', project)).body).toMatchObject([
    { job_name: 'ship', why: 'retry', retry_of: null },
    { job_name: 'test', why: 'retry', retry_of: 2 },
    {},
    {},
  ])

  const again = await engine.workflow(pipeline)
  const jobIds = [(await engine.job(pipeline, 'build')).id]
  const request = { workflowId: again.id, actorId: home.user.id, fromFailed: false, jobIds, enableSsh: true }
  await engine.actions.rerun(request)
  await engine.run(pipeline, 'build')

  expect((await web.request(token, 'GET', project)).body).toMatchObject([
    { job_name: 'test', why: 'retry', ssh_users: [] },
    { job_name: 'build', why: 'ssh', retry_of: 1, ssh_users: [{ login: home.user.login }] },
    {},
    {},
    {},
    {},
  ])
})

test('a step that its config had run again, or that ended in the background, says so in the messages of its action, others say nothing', async () => {
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
      { ...start, step: 2, background: true },
      { ...end, step: 2, result: 'failed', exitCode: 7 },
      { ...start, step: 3, background: true },
      { ...end, step: 3, result: 'passed', exitCode: null },
    ],
  })

  const { body } = await web.request(token, 'GET', `/api/v1.1/project/gh/${home.organization.name}/app/1`)

  expect(body.steps).toMatchObject([
    { actions: [{ messages: [{ type: 'info', message: 'It failed and was run again 2 times, then it passed.' }] }] },
    { actions: [{ messages: [] }] },
    { actions: [{ messages: [{ type: 'info', message: 'Exited with 7 in the background, which fails no job.' }] }] },
    { actions: [{ messages: [{ type: 'info', message: 'Ran until the end.' }] }] },
  ])
  await engine.end(task)
})
