import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let root: string

const base = '/api/private/admin'
const build = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], resource_class: small, steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  const { accounts } = engine.database.store
  root = await web.token(await accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true }))
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

const history = (token: string, query = '') => web.request(token, 'GET', `${base}/history${query}`)

interface Shown {
  readonly who: string | null
  readonly place: string | null
  readonly what: string
}
const told = (body: Record<string, unknown>) =>
  (body.items as readonly Shown[]).map(({ who, place, what }) => [who, place, what])

test('an organization’s administrators read who limited, blocked, promoted and set what, with what it was before, newest first, page by page', async () => {
  const [home, other] = [await engine.home(), await engine.home()]
  const owner = await web.token(home.user)
  const organization = `gh/${home.organization.name}`
  const project = `${organization}/${home.project.name}`
  const put = (token: string, what: 'limits' | 'settings', body: object) =>
    web.request(token, 'PUT', `${base}/${what}`, body)
  await put(owner, 'limits', { organization, maxTasks: 5 })
  await put(root, 'limits', { organization, maxTasks: 3 })
  await put(owner, 'limits', { project, resourceClass: 'small', maxTasks: 0 })
  await put(owner, 'settings', { project, name: 'time.run', value: 60 })
  await put(owner, 'settings', { project, name: 'time.run', value: 7 })
  await put(owner, 'settings', { project, name: 'time.run', value: null })
  const job = await engine.job(await engine.push(home.project, build), 'build')
  await web.request(root, 'POST', `${base}/queue/promote`, { jobs: [job.id] })
  await put(owner, 'limits', { project, resourceClass: 'small', maxTasks: null })
  await put(await web.token(other.user), 'limits', { organization: `gh/${other.organization.name}`, maxTasks: 1 })

  const all = await history(owner, `?organization=${organization}`)
  const first = await history(owner, `?organization=${organization}&limit=2`)
  const second = await history(owner, `?organization=${organization}&limit=2&page-token=${first.body.next}`)
  const everywhere = await history(root, '?limit=1')

  const { login } = home.user
  expect(told(all.body)).toEqual([
    [login, project, 'new work of class small let go on, was blocked'],
    ['root', project, 'put before all others in the queue'],
    [login, project, 'setting time.run taken back, was 7'],
    [login, project, 'setting time.run set to 7, was 60'],
    [login, project, 'setting time.run set to 60, not set before'],
    [login, project, 'new work of class small blocked'],
    ['root', organization, 'limit set to 3 tasks at once, was 5'],
    [login, organization, 'limit set to 5 tasks at once, no limit before'],
  ])
  expect(all.body.next).toBeNull()
  expect([...told(first.body), ...told(second.body)]).toEqual(told(all.body).slice(0, 4))
  expect(told(everywhere.body)).toEqual([
    [other.user.login, `gh/${other.organization.name}`, 'limit set to 1 task at once, no limit before'],
  ])
})

test('the history of an organization is for its administrators, that of the installation for those of it, and a made-up page is refused', async () => {
  const [home, stranger] = [await engine.home(), await engine.home()]
  const owner = await web.token(home.user)
  const organization = `?organization=gh/${home.organization.name}`

  const asked = [
    await history(owner, organization),
    await history(owner),
    await history(await web.token(stranger.user), organization),
    await history(owner, `${organization}&page-token=none`),
  ]

  expect(asked.map(({ status }) => status)).toEqual([200, 403, 404, 400])
})

test('a limit says who set it and when, also to who looks without setting one, and its wider ones are not told to others', async () => {
  const home = await engine.home()
  const owner = await web.token(home.user)
  const organization = `gh/${home.organization.name}`
  await web.request(root, 'PUT', `${base}/limits`, { resourceClass: 'xlarge', maxTasks: 9 })
  await web.request(owner, 'PUT', `${base}/limits`, { organization, maxTasks: 4 })

  const own = await web.request(owner, 'GET', `${base}/limits?organization=${organization}`)
  const all = await web.request(root, 'GET', `${base}/limits`)

  const limit = {
    organization,
    project: null,
    resourceClass: null,
    maxTasks: 4,
    held: false,
    lastChange: { by: home.user.login, at: expect.stringMatching(/^20\d\d-/) },
  }
  expect(own.body).toEqual({ limits: [limit] })
  expect(all.body.limits).toContainEqual(limit)
  expect(all.body.limits).toContainEqual(
    expect.objectContaining({
      resourceClass: 'xlarge',
      held: true,
      lastChange: expect.objectContaining({ by: 'root' }),
    }),
  )
})

test('a setting says who set the value that holds, here or further up, and nothing once it is taken back', async () => {
  const home = await engine.home()
  const owner = await web.token(home.user)
  const organization = `gh/${home.organization.name}`
  const project = `${organization}/${home.project.name}`
  const set = (body: object) => web.request(owner, 'PUT', `${base}/settings`, body)
  const of = async (query: string) => {
    const { body } = await web.request(owner, 'GET', `${base}/settings?${query}`)
    const settings = body.settings as unknown as readonly { name: string; lastChange: { by: string } | null }[]
    return settings.find(({ name }) => name === 'time.run')?.lastChange?.by
  }
  await set({ organization, name: 'time.run', value: 60 })
  const inherited = await of(`project=${project}`)
  const { body } = await web.request(root, 'GET', `${base}/settings`)
  await web.request(root, 'PUT', `${base}/settings`, { project, name: 'time.run', value: 7 })
  const own = await of(`project=${project}`)
  await set({ organization, name: 'time.run', value: null })

  expect([inherited, own, await of(`organization=${organization}`)]).toEqual([home.user.login, 'root', undefined])
  expect(body.exceptions).toContainEqual({
    slug: organization,
    values: { 'time.run': 60 },
    changes: { 'time.run': { by: home.user.login, at: expect.stringMatching(/^20/) } },
  })
})

test('tokens of a project that are made and revoked stand in its history, personal ones in that of the installation alone', async () => {
  const home = await engine.home()
  const owner = await web.token(home.user)
  const slug = `gh/${home.organization.name}/${home.project.name}`
  const tokens = `/api/v1.1/project/${slug}/token`
  const made = await web.request(owner, 'POST', tokens, { label: 'badge', scope: 'status' })
  await web.request(owner, 'DELETE', `${tokens}/${made.body.id}`)
  const laptop = await web.request(owner, 'POST', '/api/v1.1/user/token', { label: 'laptop' })
  await web.request(owner, 'DELETE', `/api/v1.1/user/token/${laptop.body.id}`)

  const ofProject = await web.request(owner, 'GET', `/api/private/projects/events?project=${encodeURIComponent(slug)}`)
  const ofOrganization = await history(owner, `?organization=gh/${home.organization.name}`)
  const everywhere = await history(root, '?limit=4')

  const { login } = home.user
  const ownTokens = [
    [login, slug, 'token “badge” of the project (status) revoked'],
    [login, slug, 'token “badge” of the project (status) made'],
  ]
  expect(told(ofProject.body).map(([who, , what]) => [who, slug, what])).toEqual(ownTokens)
  expect(told(ofOrganization.body)).toEqual(ownTokens)
  expect(told(everywhere.body)).toEqual([
    [login, null, 'personal token “laptop” revoked'],
    [login, null, 'personal token “laptop” made'],
    ...ownTokens,
  ])
})

test('a limit of a class that there is not is refused with the names of those that there are; one that is there can be taken away', async () => {
  const { queue } = engine.database.store
  const scope = { organizationId: null, projectId: null, resourceClass: 'huge' }
  await queue.setLimit(scope, 3)
  const limit = (resourceClass: string, maxTasks: number | null) =>
    web.request(root, 'PUT', `${base}/limits`, { resourceClass, maxTasks })

  const answers = [
    await limit('Large', 3),
    await limit('acme/own', 3),
    await limit('huge', null),
    await limit('large.gen2', 3),
    await limit('large.gen2', null),
  ]

  expect(answers.map(({ status }) => status)).toEqual([400, 400, 200, 200, 200])
  expect(answers[0]!.body.message).toMatch(
    /^There is no resource class "Large", .* The classes are small, medium, medium\+, large, .*\.$/,
  )
  expect((await queue.limits()).map(({ resourceClass }) => resourceClass)).not.toContain('huge')
})
