import { runDueSchedules } from '@rondo/conductor'
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

const config = `
version: 2.1
jobs:
  build: {docker: [{image: a}], steps: [checkout]}
workflows: {main: {max_auto_reruns: 1, jobs: [build]}}
`

test('pages of pipelines tell what made each and who, by the schedule’s name also when it is gone, and who asked for reruns', async () => {
  const [{ project, user, organization }, { user: friend }] = [await engine.home(), await engine.home()]
  const { schedules, accounts } = engine.database.store
  await accounts.setMember(organization.id, friend.id, 'writer')
  const token = await web.token(user)
  const pushed = await engine.push(project, config, { actorId: friend.id })
  await engine.push(project, config, { trigger: 'api', actorId: user.id })
  await engine.push(project, config, { trigger: 'api' })
  const schedule = await schedules.create({
    projectId: project.id,
    name: 'nightly',
    description: '',
    branch: 'main',
    tag: null,
    timetable: { cron: '0 3 * * *' },
    parameters: {},
    actorId: user.id,
    nextAt: new Date(Date.now() - 5_000),
  })
  await runDueSchedules({ ...engine.database.store, actions: engine.actions })
  await schedules.delete(schedule.id)
  await engine.run(pushed, 'build', 'failed')
  await engine.run(pushed, 'build')
  const { id: workflowId } = await engine.workflow(pushed)
  await engine.actions.rerun({ workflowId, actorId: user.id, fromFailed: false })

  const slug = `gh/${project.organizationName}/${project.name}`
  const list = await web.request(token, 'GET', `/api/private/pipelines?project=${slug}`)
  const page = await web.request(token, 'GET', `/api/private/pipelines/${pushed.id}`)

  const [jo, sam] = [
    { id: user.id, login: user.login },
    { id: friend.id, login: friend.login },
  ]
  expect(list.body.items).toMatchObject([
    { number: 4, trigger: 'scheduled_pipeline', schedule: 'nightly', triggeredBy: jo },
    { number: 3, trigger: 'api', schedule: null, triggeredBy: null },
    { number: 2, trigger: 'api', schedule: null, triggeredBy: jo },
    { number: 1, trigger: 'webhook', schedule: null, triggeredBy: sam },
  ])
  expect(page.body).toMatchObject({
    trigger: 'webhook',
    triggeredBy: sam,
    workflows: [
      { rerunOf: null, autoRerunNumber: 0 },
      { rerunOf: expect.any(String), autoRerunNumber: 1, maxAutoReruns: 1 },
      { rerunOf: workflowId, startedBy: jo, autoRerunNumber: 0 },
    ],
  })
})
