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

test('a member reads the history of a pipeline in words, and nobody else learns that it exists', async () => {
  const [home, stranger] = [await engine.home(), await engine.home()]
  const pipeline = await engine.push(
    home.project,
    'version: 2.1\nworkflows: {main: {jobs: [{hold: {type: approval}}]}}',
    { actorId: home.user.id },
  )
  const url = `/api/private/pipelines/${pipeline.id}/events`

  const own = await web.request(await web.token(home.user), 'GET', url)
  const foreign = await web.request(await web.token(stranger.user), 'GET', url)

  expect(own.body).toMatchObject({
    next: null,
    items: [
      {
        kind: 'pipeline.created',
        who: home.user.login,
        what: expect.stringMatching(/^pipeline 1 created by a push \(branch main at /),
        why: null,
        workflow: null,
      },
      { kind: 'workflow.created', who: null, what: 'workflow main created', workflow: 'main' },
      { kind: 'job.changed', job: 'hold', what: 'job hold: blocked → on_hold' },
      { kind: 'workflow.changed', what: 'workflow main: running → on_hold' },
    ],
  })
  expect(foreign.status).toBe(404)
})

test('a job that goes to the queue is told of once', async () => {
  const { project, user } = await engine.home()
  const config =
    'version: 2.1\njobs: {build: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}'
  const pipeline = await engine.push(project, config)

  const { body } = await web.request(await web.token(user), 'GET', `/api/private/pipelines/${pipeline.id}/events`)

  const told = (body.items as unknown as readonly { readonly what: string }[]).map(({ what }) => what)
  expect(told.slice(1)).toEqual(['workflow main created', 'job build: blocked → queued'])
})

test('who canceled a workflow is read beside what that canceled, and from whom a lock was taken over', async () => {
  const { project, user } = await engine.home()
  const config = `version: 2.1
jobs: {ship: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}}
workflows: {main: {jobs: [{ship: {serial-group: prod}}]}}`
  const [first, second] = [await engine.push(project, config), await engine.push(project, config)]
  const token = await web.token(user)

  await web.request(token, 'POST', `/api/v2/workflow/${(await engine.workflow(first)).id}/cancel`)
  await engine.settle()

  const read = async ({ id }: { readonly id: string }) =>
    (await web.request(token, 'GET', `/api/private/pipelines/${id}/events`)).body.items as unknown as object[]
  const slug = `gh/${project.organizationName}/${project.name}`
  expect(await read(first)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        kind: 'workflow.canceled',
        who: user.login,
        what: 'workflow main canceled',
        why: null,
      }),
      expect.objectContaining({ kind: 'job.finished', job: 'ship', who: user.login, why: 'its workflow was canceled' }),
      expect.objectContaining({
        kind: 'lock.released',
        what: `lock prod given back; workflow main of pipeline ${second.number} of ${slug} has it next`,
      }),
    ]),
  )
  expect(await read(second)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        kind: 'lock.given',
        job: 'ship/lock',
        why: `workflow main of pipeline ${first.number} of ${slug} gave it back`,
      }),
    ]),
  )
})

test('a member reads what made the pipelines of a project and what made none, and nobody else does', async () => {
  const [home, stranger] = [await engine.home(), await engine.home()]
  const slug = `gh/${home.organization.name}/${home.project.name}`
  await engine.push(home.project, 'version: 2.1\nworkflows: {main: {jobs: [{hold: {type: approval}}]}}')
  await engine.actions.branchDeleted(home.project, 'topic', home.user.id)
  const url = (more = '') => `/api/private/projects/events?project=${encodeURIComponent(slug)}${more}`

  const own = await web.request(await web.token(home.user), 'GET', url())
  const newest = await web.request(await web.token(home.user), 'GET', url('&limit=1'))
  const older = await web.request(await web.token(home.user), 'GET', url(`&limit=1&page-token=${newest.body.next}`))
  const foreign = await web.request(await web.token(stranger.user), 'GET', url())

  const deleted = { kind: 'branch.deleted', who: home.user.login, what: 'branch topic deleted' }
  expect(own.body).toEqual({
    items: [expect.objectContaining(deleted), expect.objectContaining({ kind: 'pipeline.created' })],
    next: null,
  })
  expect(newest.body).toEqual({ items: [expect.objectContaining(deleted)], next: expect.any(String) })
  expect(older.body).toEqual({ items: [expect.objectContaining({ kind: 'pipeline.created' })], next: null })
  expect(foreign.status).toBe(404)
})
