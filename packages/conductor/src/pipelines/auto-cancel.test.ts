import type { Pipeline, Project } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeEvent } from '../history/describe-event.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs: [build]
  second:
    jobs: [hold: {type: approval}]
`
const on = (project: Project, settings: Partial<Project['settings']> = {}): Project => ({
  ...project,
  settings: { ...project.settings, autocancelBuilds: true, ...settings },
})
const branch = (name: string) => ({ ref: { branch: name } })

test('a push cancels all that older pushes and API calls of its branch started, and the history says why [I-039]', async () => {
  const home = await engine.home()
  const project = on(home.project)
  const pushed = await engine.push(project, config, branch('topic'))
  const called = await engine.push(project, config, { ...branch('topic'), trigger: 'api' })
  const elsewhere = await engine.push(project, config, branch('other'))
  await engine.settle()

  const newest = await engine.push(project, config, { ...branch('topic'), actorId: home.user.id })
  await engine.settle()

  for (const old of [pushed, called])
    for (const name of ['main', 'second']) expect((await engine.workflow(old, name)).status).toBe('canceled')
  expect(await cancelersOf(called)).toEqual([home.user.id, home.user.id])
  expect((await engine.workflow(elsewhere, 'main')).status).toBe('running')
  expect((await engine.workflow(newest, 'main')).status).toBe('running')
  const history = await engine.database.store.queries.eventsOf(called.id, { limit: 100 })
  expect(
    history.items.filter((event) => event.kind === 'job.finished').map((event) => describeEvent(event).why),
  ).toEqual(
    Array(2).fill(
      `its workflow was canceled: pipeline ${newest.number}, newer and of the same branch, makes it redundant`,
    ),
  )
  const canceled = history.items.filter((event) => event.kind === 'workflow.canceled')
  expect(canceled.map((event) => [event.actorLogin, describeEvent(event)])).toEqual(
    ['main', 'second'].map((name) => [
      home.user.login,
      {
        what: `workflow ${name} canceled`,
        why: `pipeline ${newest.number}, newer and of the same branch, makes it redundant`,
      },
    ]),
  )
})

test('neither the default branch, nor schedules, nor reruns, nor a project that did not ask are canceled [I-039]', async () => {
  const { project } = await engine.home()
  const asked = on(project)
  const main = await engine.push(asked, config, branch('main'))
  const scheduled = await engine.push(asked, config, { ...branch('topic'), trigger: 'scheduled_pipeline' })
  const ended = await engine.push(asked, config, branch('rerun'))
  const { id } = await engine.workflow(ended, 'main')
  await engine.actions.cancelWorkflow(id, null)
  await engine.actions.rerun({ workflowId: id, actorId: null, fromFailed: false })
  const unasked = await engine.push(project, config, branch('quiet'))

  for (const name of ['main', 'topic', 'rerun']) await engine.push(asked, config, branch(name))
  await engine.push(project, config, branch('quiet'))
  await engine.settle()

  for (const pipeline of [main, scheduled, ended, unasked])
    expect((await engine.workflow(pipeline, 'main')).status).toBe('running')
})

test('the default branch too, when the project says so', async () => {
  const project = on((await engine.home()).project, { autocancelDefaultBranch: true })
  const old = await engine.push(project, config, branch('main'))

  await engine.push(project, config, branch('main'))
  await engine.settle()

  expect((await engine.workflow(old, 'main')).status).toBe('canceled')
})

test('a config that does not compile cancels nothing', async () => {
  const project = on((await engine.home()).project)
  const old = await engine.push(project, config, branch('topic'))

  await expect(engine.push(project, 'version: 2.1\njobs: 7', branch('topic'))).rejects.toThrow()
  await engine.settle()

  expect((await engine.workflow(old, 'main')).status).toBe('running')
})

async function cancelersOf(pipeline: Pick<Pipeline, 'id'>): Promise<readonly (string | null)[]> {
  return (await engine.database.store.queries.workflowsOf([pipeline.id])).map((workflow) => workflow.canceledBy)
}
