import type { Pipeline } from '@rondo/model'
import {
  buildHousehold,
  type Household,
  startTestEngine,
  startTestWeb,
  type TestEngine,
  type TestWeb,
} from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let home: Household
let token: string

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

beforeEach(async () => {
  home = await buildHousehold(engine.database.store)
  token = await web.token(home.user)
  await engine.claim()
})

const build = '{docker: [{image: cimg/base:current}], steps: [{run: "true"}]}'
const config = (more = '') => `
version: 2.1
jobs: {one: ${build}, two: ${build}}
workflows:
  main:${more}
    jobs: [hold: {type: approval}, one: {requires: [hold]}, two: {requires: [one]}]
`

test('a job that a rerun kept is listed as it ran, by its number, which leads to it and to the newest workflow with it [I-037]', async () => {
  const pipeline = await push(config())
  await ended(pipeline)
  const before = await workflowOf(pipeline)
  const kept = await jobsIn(before)

  const { workflow_id: first } = await ask('POST', `/api/v2/workflow/${before}/rerun`, { from_failed: true })
  await engine.run(pipeline, 'two', 'failed')
  const { workflow_id: second } = await ask('POST', `/api/v2/workflow/${first}/rerun`, { from_failed: true })

  const after = await jobsIn(second)
  const ran = ({ id: _id, dependencies: _dependencies, requires: _requires, ...rest }: Answer) => rest
  expect(ran(after.one!)).toEqual(ran(kept.one!))
  expect(after.hold).toMatchObject({ approved_by: home.user.id, stopped_at: kept.hold!.stopped_at })
  expect(after.one).toMatchObject({
    status: 'success',
    job_number: expect.any(Number),
    started_at: expect.any(String),
    stopped_at: expect.any(String),
  })
  expect(after.one!.id).not.toBe(kept.one!.id)
  const job = await ask('GET', `/api/v2/project/${slug()}/job/${after.one!.job_number}`)
  expect(job).toMatchObject({
    name: 'one',
    number: kept.one!.job_number,
    duration: expect.any(Number),
    latest_workflow: { id: second, name: 'main' },
  })
  const two = await ask('GET', `/api/v2/project/${slug()}/job/${kept.two!.job_number}`)
  expect(two).toMatchObject({ latest_workflow: { id: before } })
})

test('an automatic rerun says which it is and of how many, and counts as begun by whoever began the first', async () => {
  const pipeline = await push(config('\n    max_auto_reruns: 2'))
  const first = await ask('GET', `/api/v2/workflow/${await workflowOf(pipeline)}`)
  await ended(pipeline)
  const rerun = await ask('GET', `/api/v2/workflow/${await workflowOf(pipeline)}`)

  expect(first).toMatchObject({ max_auto_reruns: 2, started_by: home.user.id })
  expect(first).not.toHaveProperty('auto_rerun_number')
  expect(rerun).toMatchObject({ max_auto_reruns: 2, auto_rerun_number: 1, started_by: home.user.id })
  expect(rerun.id).not.toBe(first.id)
})

test('what nobody began counts as begun by the system, which is a user like others', async () => {
  const pipeline = await engine.push(home.project, config(), { trigger: 'scheduled_pipeline' })
  const { started_by: id } = await ask('GET', `/api/v2/workflow/${await workflowOf(pipeline)}`)

  expect(await ask('GET', `/api/v2/user/${id}`)).toEqual({ id, login: 'system-actor', name: 'Scheduled' })
})

test('a workflow that ended because a job of it was canceled says by whom, and only then [I-038]', async () => {
  const pipeline = await push(config().replace('requires: [hold]', 'filters: {}'))
  const { one, hold } = await jobsIn(await workflowOf(pipeline))
  const { job_number: number } = one!
  await ask('POST', `/api/v2/project/${slug()}/job/${number}/cancel`)
  const meanwhile = await ask('GET', `/api/v2/workflow/${await workflowOf(pipeline)}`)
  await ask('POST', `/api/v2/workflow/${meanwhile.id}/approve/${hold!.id}`)

  expect(meanwhile).toMatchObject({ status: 'on_hold' })
  expect(meanwhile).not.toHaveProperty('canceled_by')
  expect(await ask('GET', `/api/v2/workflow/${await workflowOf(pipeline)}`)).toMatchObject({
    status: 'canceled',
    canceled_by: home.user.id,
  })
})

test('a workflow that a newer push made redundant says who pushed [I-039]', async () => {
  const project = { ...home.project, settings: { ...home.project.settings, autocancelBuilds: true } }
  const old = await engine.push(project, config(), { actorId: home.user.id, ref: { branch: 'topic' } })
  await engine.push(project, config(), { actorId: home.user.id, ref: { branch: 'topic' } })
  await engine.settle()

  expect(await ask('GET', `/api/v2/workflow/${await workflowOf(old)}`)).toMatchObject({
    status: 'canceled',
    canceled_by: home.user.id,
  })
})

test('a build that was refused its context has failed in the words of API v1.1, as its outcome says', async () => {
  const pipeline = await push(config().replace('requires: [hold]', 'context: ghost'))
  const { one } = await jobsIn(await workflowOf(pipeline))

  expect(await ask('GET', `/api/v1.1/project/${slug()}/${one!.job_number}`)).toMatchObject({
    outcome: 'failed',
    status: 'failed',
    failed: true,
    lifecycle: 'finished',
    fail_reason: expect.stringContaining('ghost'),
  })
})

interface Answer {
  readonly id: string
  readonly job_number?: number
  readonly stopped_at: string | null
  readonly [more: string]: unknown
}

type Answers = Answer & {
  readonly workflow_id: string
  readonly items: readonly (Answer & { readonly name: string })[]
}

const slug = () => `gh/${home.organization.name}/${home.project.name}`

function push(text: string): Promise<Pipeline> {
  return engine.push(home.project, text, { actorId: home.user.id })
}

/** Approved, the first job passed, the second failed. */
async function ended(pipeline: Pipeline): Promise<void> {
  await engine.actions.approve((await engine.job(pipeline, 'hold')).id, home.user.id)
  await engine.run(pipeline, 'one')
  await engine.run(pipeline, 'two', 'failed')
}

async function workflowOf(pipeline: Pipeline): Promise<string> {
  return (await engine.workflow(pipeline)).id
}

async function jobsIn(workflowId: string): Promise<Readonly<Record<string, Answer>>> {
  const { items } = await ask('GET', `/api/v2/workflow/${workflowId}/job`)
  return Object.fromEntries(items.map((job) => [job.name, job]))
}

async function ask(method: 'GET' | 'POST', url: string, body?: object): Promise<Answers> {
  return (await web.request(token, method, url, body)).body as unknown as Answers
}
