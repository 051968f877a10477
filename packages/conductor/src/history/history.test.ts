import type { EventKind, HistoryEntry, Pipeline } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultTimes, endOverdue } from '../chores/enforce-limits.ts'
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

const twoJobs = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  other: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs: [build, other]
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

test('the history says which requirement ended otherwise than a job that does not run asks for, also of a lock [I-034]', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(
    project,
    `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - build
      - build: {name: mend, requires: [{build: [canceled, unauthorized]}]}
      - build: {name: deploy, requires: [build], serial-group: deploys}
`,
  )

  await engine.run(pipeline, 'build', 'timed-out')

  expect(await reasonsOf(pipeline, 'job.finished')).toEqual({
    'job build: running → timedout': null,
    'job mend: blocked → not_run': 'it requires build to end as canceled or unauthorized, and build ended as failed',
    'job deploy/lock: blocked → not_run': 'it requires build to end as success, and build ended as failed',
    'job deploy: blocked → not_run': 'it requires deploy/lock to end as success, and deploy/lock ended as not_run',
    'job deploy/unlock: blocked → not_run': 'there is nothing to give back: deploy/lock ended as not_run',
  })
})

test('the history of a chain without locks names the nearest requirement, in a rerun the one that was kept [I-034]', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(
    project,
    `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - build
      - build: {name: test, requires: [build]}
      - build: {name: mend, requires: [{build: [failed]}, test]}
`,
  )
  await engine.run(pipeline, 'build', 'failed')
  const first = await reasonsOf(pipeline, 'job.finished')
  const { id: workflowId } = await engine.workflow(pipeline)
  const { id: mend } = await engine.job(pipeline, 'mend')

  await engine.actions.rerun({ workflowId, actorId: null, fromFailed: false, jobIds: [mend] })
  await engine.run(pipeline, 'build', 'failed')

  expect(first).toMatchObject({
    'job test: blocked → not_run': 'it requires build to end as success, and build ended as failed',
    'job mend: blocked → not_run': 'it requires test to end as success, and test ended as not_run',
  })
  expect((await reasonsOf(pipeline, 'job.finished'))['job test: blocked → not_run']).toContain('build ended as failed')
})

test.each([
  ['from start', { fromFailed: false }, /^workflow main created: rerun from start of workflow [0-9a-f-]{36}$/],
  ['from failed', { fromFailed: true }, /^workflow main created: rerun from failed of workflow [0-9a-f-]{36}$/],
  ['of chosen jobs', 'jobs', /^workflow main created: rerun of build, other of workflow [0-9a-f-]{36}$/],
  ['with SSH', 'ssh', /^workflow main created: rerun of build, other of workflow [0-9a-f-]{36}, open over SSH$/],
] as const)('a rerun %s says so, of which workflow it is and who asked for it [I-037]', async (_how, asked, text) => {
  const { project, user } = await engine.home()
  const pipeline = await engine.push(project, twoJobs)
  await engine.run(pipeline, 'build', 'failed')
  await engine.run(pipeline, 'other')
  const { id: workflowId } = await engine.workflow(pipeline)
  const jobIds = [(await engine.job(pipeline, 'other')).id, (await engine.job(pipeline, 'build')).id]
  const request =
    typeof asked === 'object' ? asked : { fromFailed: false, jobIds, ...(asked === 'ssh' ? { enableSsh: true } : {}) }

  await engine.actions.rerun({ workflowId, actorId: user.id, ...request })

  const made = (await entriesOf(pipeline)).findLast((entry) => entry.kind === 'workflow.created')!
  expect([describeEvent(made), made.actorLogin]).toEqual([{ what: expect.stringMatching(text), why: null }, user.login])
  expect(describeEvent(made).what).toContain(workflowId)
})

test('a rerun that nobody asked for says which one it is and why', async () => {
  const { project } = await engine.home()
  const config = twoJobs.replace('main:\n', 'main:\n    max_auto_reruns: 2\n')
  const pipeline = await engine.push(project, config)
  const { id } = await engine.workflow(pipeline)

  await engine.run(pipeline, 'build', 'failed')
  await engine.run(pipeline, 'other')

  const made = (await entriesOf(pipeline)).findLast((entry) => entry.kind === 'workflow.created')!
  expect(describeEvent(made)).toEqual({
    what: `workflow main created: automatic rerun from failed of workflow ${id}`,
    why: 'it failed, and its config asks for 2 automatic reruns; this is number 1',
  })
})

test('builds that an operator cancels together say so, in the history and on the job, and others do not', async () => {
  const { project, user } = await engine.home()
  const pipeline = await engine.push(project, twoJobs)
  const alone = await engine.push(project, twoJobs)
  const jobIds = [(await engine.job(pipeline, 'build')).id, (await engine.job(pipeline, 'other')).id]

  await engine.actions.cancelBatch(jobIds, user.id)
  await engine.actions.cancelJob((await engine.job(alone, 'build')).id, user.id)

  const together = 'An administrator canceled it while it waited, with others that waited.'
  const ends = (await entriesOf(pipeline)).filter((entry) => entry.kind === 'job.finished')
  expect(ends.map((entry) => [entry.jobName, entry.actorLogin, describeEvent(entry).why])).toEqual([
    ['build', user.login, together],
    ['other', user.login, together],
  ])
  expect((await engine.job(pipeline, 'build')).message).toBe(together)
  expect((await reasonsOf(alone, 'job.finished'))['job build: queued → canceled']).toBeNull()
})

test('who canceled a workflow, a pipeline or one job can be told apart, and each job says by what it was canceled', async () => {
  const { project, user } = await engine.home()
  const [alone, workflow, pipeline] = [
    await engine.push(project, twoJobs),
    await engine.push(project, twoJobs),
    await engine.push(project, twoJobs),
  ]

  await engine.actions.cancelJob((await engine.job(alone, 'build')).id, user.id)
  const { id } = await engine.workflow(workflow)
  await engine.actions.cancelWorkflow(id, user.id)
  await engine.actions.cancelWorkflow(id, user.id)
  await engine.actions.cancelPipeline(pipeline.id, null)

  const told = async (of: Pipeline) =>
    (await entriesOf(of))
      .filter((entry) => ['workflow.canceled', 'job.finished'].includes(entry.kind))
      .map((entry) => [entry.actorLogin, entry.workflowName, describeEvent(entry).what, describeEvent(entry).why])
  expect(await told(alone)).toEqual([[user.login, 'main', 'job build: queued → canceled', null]])
  expect(await told(workflow)).toEqual([
    [user.login, 'main', 'workflow main canceled', null],
    [user.login, 'main', 'job build: queued → canceled', 'its workflow was canceled'],
    [user.login, 'main', 'job other: queued → canceled', 'its workflow was canceled'],
  ])
  expect(await told(pipeline)).toEqual([
    [null, 'main', 'workflow main canceled', 'its pipeline was canceled'],
    [null, 'main', 'job build: queued → canceled', 'its workflow was canceled: its pipeline was canceled'],
    [null, 'main', 'job other: queued → canceled', 'its workflow was canceled: its pipeline was canceled'],
  ])
})

test.each([
  [
    'an approval',
    { approvalMs: 0 },
    config,
    'canceled',
    'job hold took too long. Nobody approved it within 0 minutes.',
  ],
  [
    'an agent',
    { queueMs: 0 },
    config.replace('requires: [hold]', 'name: build'),
    'failed',
    expect.stringMatching(/^job build took too long\. No agent took it within 0 minutes\./),
  ],
] as const)(
  'a workflow that ends because %s was waited for too long says so',
  async (_what, times, text, status, why) => {
    const { project } = await engine.home()
    const only = text.replace(status === 'failed' ? /.*hold: .*\n/ : 'nothing', '')
    const pipeline = await engine.push(project, only)

    await endOverdue({ engine: engine.database.store.engine, checks: engine.checks }, { ...defaultTimes, ...times })

    expect((await engine.workflow(pipeline)).status).toBe(status)
    const ended = (await entriesOf(pipeline)).findLast((entry) => entry.kind === 'workflow.finished')!
    expect(describeEvent(ended).why).toEqual(why)
  },
)

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

async function entriesOf(pipeline: Pick<Pipeline, 'id'>): Promise<readonly HistoryEntry[]> {
  return (await engine.database.store.queries.eventsOf(pipeline.id, { limit: 1_000 })).items
}

/** Why each of these things happened, by what happened. */
async function reasonsOf(pipeline: Pick<Pipeline, 'id'>, kind: EventKind): Promise<Record<string, string | null>> {
  const texts = (await entriesOf(pipeline)).filter((entry) => entry.kind === kind).map(describeEvent)
  return Object.fromEntries(texts.map(({ what, why }) => [what, why]))
}
