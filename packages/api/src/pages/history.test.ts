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
