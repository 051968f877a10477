import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeJob } from '../workflows/change-state.ts'
import { describeEvent } from './describe-event.ts'

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
    jobs:
      - hold: {type: approval}
      - build: {requires: [hold]}
`

test('the history of a pipeline tells who did what, when, and why, each fact with its pipeline and organisation', async () => {
  const { project, user, organization } = await engine.home()
  const pipeline = await engine.push(project, config, { actorId: user.id })
  await engine.actions.approve((await engine.job(pipeline, 'hold')).id, user.id)
  await engine.run(pipeline, 'build', 'failed')

  const history = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })

  expect(
    history.items.map((entry) => [entry.kind, entry.actorLogin, entry.jobName, describeEvent(entry).what]),
  ).toEqual([
    [
      'pipeline.created',
      user.login,
      null,
      expect.stringMatching(/^pipeline 1 created by a push \(branch main at [0-9a-f]{12}\)$/),
    ],
    ['workflow.created', null, null, 'workflow main created'],
    ['job.changed', null, 'hold', 'job hold: blocked → on_hold'],
    ['workflow.changed', null, null, 'workflow main: running → on_hold'],
    ['job.finished', user.login, 'hold', 'job hold: on_hold → success'],
    ['job.approved', user.login, 'hold', 'approved'],
    ['job.changed', null, 'build', 'job build: blocked → queued'],
    ['task.queued', null, 'build', 'queued'],
    ['workflow.changed', null, null, 'workflow main: on_hold → running'],
    ['task.claimed', null, 'build', expect.stringMatching(/^slice 0 taken by agent test-agent as attempt 1, after /)],
    ['task.started', null, 'build', 'slice 0 started'],
    ['job.changed', null, 'build', 'job build: queued → running'],
    ['task.finished', null, 'build', 'slice 0 ended: failed'],
    ['job.finished', null, 'build', 'job build: running → failed'],
    ['workflow.finished', null, null, 'workflow main: running → failed'],
  ])
  expect(history.items.every((entry) => entry.organizationId === organization.id)).toBe(true)
  expect(history.items.every((entry) => entry.at instanceof Date)).toBe(true)
})

test('a long history is read page by page, and a made-up token is refused', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)
  const { queries } = engine.database.store

  const first = await queries.eventsOf(pipeline.id, { limit: 3 })
  const second = await queries.eventsOf(pipeline.id, { limit: 3, token: first.next! })

  expect([first.items.length, second.items.length, second.next]).toEqual([3, 1, null])
  await expect(queries.eventsOf(pipeline.id, { limit: 3, token: "1'; drop" })).rejects.toMatchObject({
    code: 'bad-request',
  })
})

test('a job that has ended is not changed again, whoever asks [I-034]', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)
  const { id } = await engine.workflow(pipeline)
  await engine.actions.cancelWorkflow(id, null)

  const change = engine.database.store.engine.transact(async (tx) => {
    const snapshot = await tx.lockWorkflow(id)
    await changeJob(tx, snapshot!, snapshot!.jobs[0]!, 'running')
  })

  await expect(change).rejects.toThrow('is canceled and may not become running')
  expect(await engine.statuses(pipeline)).toEqual({ hold: 'canceled', build: 'canceled' })
})
