import { settingOf } from '@rondo/model'
import type { QueuePageView } from '@rondo/protocol'
import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let admin: string

const build = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], resource_class: small, steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`
const base = '/api/private/admin'

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  const { accounts } = engine.database.store
  admin = await web.token(await accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true }))
})

beforeEach(async () => {
  const { queue } = engine.database.store
  for (const limit of await queue.limits()) await queue.setLimit(limit, undefined)
  for (let tasks = await engine.claim(); tasks.length > 0; tasks = await engine.claim())
    for (const task of tasks) await engine.finish(task)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

const slug = ({ project }: Awaited<ReturnType<TestEngine['home']>>) => `gh/${project.organizationName}/app`

describe('the queues', () => {
  test('are counted, held back and free to run, and listed from head and tail with where each build is [L-301 L-302 L-304]', async () => {
    const [home, other] = [await engine.home(), await engine.home()]
    await web.request(admin, 'PUT', `${base}/limits`, { project: slug(home), maxTasks: 0 })
    const first = await engine.push(home.project, build)
    await engine.push(other.project, build)
    const last = await engine.push(other.project, build)

    const { status, body } = await web.request(admin, 'GET', `${base}/queue?limit=2`)

    expect(status).toBe(200)
    expect(body).toMatchObject({
      held: 1,
      waiting: 2,
      running: 0,
      limits: [{ project: slug(home), organization: expect.any(String), resourceClass: null, maxTasks: 0 }],
      head: [
        {
          jobId: (await engine.job(first, 'build')).id,
          projectSlug: slug(home),
          jobNumber: 1,
          branch: 'main',
          held: true,
          why: `new work of ${slug(home)} is blocked`,
        },
        { held: false, why: null },
      ],
      tail: [{ jobId: (await engine.job(last, 'build')).id, projectSlug: slug(other), jobNumber: 2 }, {}],
    })
  })

  test('name the limit that holds a build, with how many run under it, and the agents that take nothing while they are drained', async () => {
    const home = await engine.home()
    const organization = `gh/${home.organization.name}`
    const { agents } = engine.database.store
    await engine.push(home.project, build)
    const [running] = await engine.claim()
    await web.request(admin, 'PUT', `${base}/limits`, { organization, resourceClass: 'small', maxTasks: 1 })
    await engine.push(home.project, build)
    await engine.push((await engine.home()).project, build)
    const queue = async () => {
      const { head, noneTakes } = (await web.request(admin, 'GET', `${base}/queue`)).body as unknown as QueuePageView
      return [noneTakes, ...head.map(({ why }) => why)]
    }
    const [agent] = await agents.list()

    const before = await queue()
    await agents.setDraining(agent!.id, true, home.user.id)
    const drained = await queue()
    await agents.setDraining(agent!.id, false, home.user.id)
    await engine.finish(running!)

    const limit = `limit of 1 for class small of ${organization}, 1 running`
    const why = 'no agent takes new work (test-agent: An administrator drains it)'
    expect(before).toEqual([null, limit, null])
    expect(drained).toEqual([why, limit, why])
  })

  test('are counted as they are filtered: by organisation, project, branch and class [L-302 L-304]', async () => {
    const [home, other] = [await engine.home(), await engine.home()]
    await engine.push(home.project, build)
    expect(await engine.claim()).toHaveLength(1)
    await web.request(admin, 'PUT', `${base}/limits`, { project: slug(home), maxTasks: 0 })
    await engine.push(home.project, build, { ref: { branch: 'jam' } })
    await engine.push(home.project, build)
    await engine.push(other.project, build)
    const counts = async (query: string, token = admin) => {
      const { held, waiting, running, oldestMs, head, tail } = (
        await web.request(token, 'GET', `${base}/queue?${query}`)
      ).body as unknown as QueuePageView
      return [held, waiting, running, oldestMs !== null, head.length, tail.length]
    }
    const organization = `organization=gh/${home.project.organizationName}`

    expect(await counts('')).toEqual([2, 1, 1, true, 3, 3])
    expect(await counts('class=small')).toEqual([2, 1, 1, true, 3, 3])
    expect(await counts('class=nosuch')).toEqual([0, 0, 0, false, 0, 0])
    expect(await counts(organization)).toEqual([2, 0, 1, true, 2, 2])
    expect(await counts(organization, await web.token(home.user))).toEqual([2, 0, 1, true, 2, 2])
    expect(await counts(`organization=gh/${other.project.organizationName}`)).toEqual([0, 1, 0, true, 1, 1])
    expect(await counts(`project=${slug(home)}&branch=jam`)).toEqual([1, 0, 0, true, 1, 1])
    expect(await counts('branch=main')).toEqual([1, 1, 1, true, 2, 2])
  })

  test('let chosen builds pass into the run queue, by the hundred but never all at once, and the history says who did it [L-303]', async () => {
    const home = await engine.home()
    await web.request(admin, 'PUT', `${base}/limits`, { maxTasks: 0 })
    const pipeline = await engine.push(home.project, build)
    await engine.push(home.project, build)
    const job = await engine.job(pipeline, 'build')

    const all = await web.request(admin, 'POST', `${base}/queue/promote`, {})
    const some = await web.request(admin, 'POST', `${base}/queue/promote`, { jobs: [job.id] })
    const history = await web.request(admin, 'GET', `/api/private/pipelines/${pipeline.id}/events`)

    expect([all.status, all.body.message]).toEqual([400, expect.stringContaining('Never all at once.')])
    expect(some.body).toEqual({ jobs: 1, tasks: 1 })
    expect(await engine.claim()).toHaveLength(1)
    expect(history.body.items).toContainEqual(
      expect.objectContaining({ kind: 'task.promoted', who: 'root', what: 'put before all others in the queue' }),
    )
  })

  test('are emptied in batches of what matches, after a look at how many that are [L-305]', async () => {
    const [home, other] = [await engine.home(), await engine.home()]
    for (const branch of ['jam', 'jam', 'jam', 'main']) await engine.push(home.project, build, { ref: { branch } })
    const kept = await engine.push(other.project, build, { ref: { branch: 'jam' } })
    const filter = { project: slug(home), branch: 'jam' }
    const cancel = (more: object) => web.request(admin, 'POST', `${base}/queue/cancel`, { ...filter, ...more })

    const found = await cancel({ preview: true })
    const old = await cancel({ preview: true, olderThanSeconds: 3_600 })
    const batches = [await cancel({ limit: 2 }), await cancel({ limit: 2 }), await cancel({ limit: 2 })]

    expect([found.body, old.body]).toEqual([
      { matching: 3, canceled: 0 },
      { matching: 0, canceled: 0 },
    ])
    expect(batches.map(({ body }) => body)).toEqual([
      { matching: 3, canceled: 2 },
      { matching: 1, canceled: 1 },
      { matching: 0, canceled: 0 },
    ])
    expect(await engine.statuses(kept)).toEqual({ build: 'queued' })
    expect(await engine.claim()).toHaveLength(2)
  })
})

describe('who may', () => {
  test('an organisation’s administrator lifts nothing that the installation’s has set, nor passes other organisations', async () => {
    const home = await engine.home()
    const owner = await web.token(home.user)
    const organization = `gh/${home.organization.name}`
    const limit = (token: string, maxTasks: number | null, more: object = {}) =>
      web.request(token, 'PUT', `${base}/limits`, { organization, maxTasks, ...more })
    const own = [await limit(owner, 5), await limit(owner, null), await limit(owner, 7)]
    await limit(admin, 0)

    const lifted = [await limit(owner, null), await limit(owner, 9), await limit(owner, 3, { resourceClass: 'large' })]
    const promoted = await web.request(owner, 'POST', `${base}/queue/promote`, { organization })
    const share = (asked: object) =>
      web.request(owner, 'PUT', `${base}/settings`, { ...asked, name: 'queue.share', value: 300 })
    const shares = [await share({ organization }), await share({ project: slug(home) })]
    const { body } = await web.request(admin, 'GET', `${base}/queue`)

    expect(own.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(lifted.map(({ status }) => status)).toEqual([403, 403, 200])
    expect(lifted[0]?.body.message).toContain('administrator of the installation has set this limit')
    expect([promoted.status, ...shares.map(({ status }) => status)]).toEqual([403, 403, 200])
    expect(body.limits).toContainEqual(
      expect.objectContaining({ organization, project: null, resourceClass: null, maxTasks: 0 }),
    )
    expect([(await limit(admin, null)).status, (await limit(owner, 2)).status]).toEqual([200, 200])
  })

  test('is the installation’s administrator, or an organisation’s within it; others learn nothing', async () => {
    const [home, other] = [await engine.home(), await engine.home()]
    const owner = await web.token(home.user)
    await engine.push(home.project, build)
    await engine.push(other.project, build)

    const own = await web.request(owner, 'GET', `${base}/queue?project=${slug(home)}`)
    const foreign = await web.request(owner, 'GET', `${base}/queue?project=${slug(other)}`)
    const all = await web.request(owner, 'GET', `${base}/queue`)
    const cancelAll = await web.request(owner, 'POST', `${base}/queue/cancel`, {})
    const block = await web.request(owner, 'PUT', `${base}/limits`, { maxTasks: 0 })
    const nobody = await web.send('POST', `${base}/queue/cancel`, { 'content-type': 'application/json' }, '{"wrong":1}')

    expect(own.body).toMatchObject({ head: [{ projectSlug: slug(home) }], agents: null, limits: [] })
    expect([foreign.status, all.status, cancelAll.status, block.status, nobody.status]).toEqual([
      404, 403, 403, 403, 401,
    ])
    expect(await engine.claim()).toHaveLength(2)
  })
})

describe('settings', () => {
  const put = (body: object, token = admin) => web.request(token, 'PUT', `${base}/settings`, body)

  test('hold for the installation, an organisation or a project, the nearest counting, until they are taken back', async () => {
    const home = await engine.home()
    const organization = `gh/${home.project.organizationName}`
    const read = async (scope: string) => {
      const { body } = await web.request(admin, 'GET', `${base}/settings?${scope}`)
      const { settings } = body as unknown as { settings: { name: string; value: number; set: boolean }[] }
      return settings.find(({ name }) => name === 'time.run')
    }
    const everywhere = await read('')
    await put({ name: 'time.run', value: 60 })
    await put({ name: 'time.run', value: 30, organization })
    const inherited = await read(`project=${slug(home)}`)
    await put({ name: 'time.run', value: 10, project: slug(home) })
    const own = await read(`project=${slug(home)}`)
    await put({ name: 'time.run', value: null, project: slug(home) })
    await put({ name: 'time.run', value: null, organization })
    const back = await read(`project=${slug(home)}`)
    await put({ name: 'time.run', value: null })

    expect([everywhere, inherited, own, back]).toEqual([
      expect.objectContaining({ value: 300, set: false }),
      expect.objectContaining({ value: 30, set: false }),
      expect.objectContaining({ value: 10, set: true }),
      expect.objectContaining({ value: 60, set: false }),
    ])
  })

  test('that an administrator of the installation set stand until one lifts them, for the projects of an organisation too', async () => {
    const home = await engine.home()
    const owner = await web.token(home.user)
    const organization = `gh/${home.project.organizationName}`
    const project = slug(home)
    const name = 'retention.artifacts'
    const read = async (scope: string) => {
      const { body } = await web.request(owner, 'GET', `${base}/settings?${scope}`)
      const { settings } = body as unknown as { settings: { name: string; value: number }[] }
      return settings.find((one) => one.name === name)
    }
    const inForce = async () => settingOf(await engine.database.store.settings.view(), name, home.project.id)
    const own = [await put({ name, value: 50, organization }, owner), await put({ name, value: 60, project }, owner)]
    const before = await inForce()
    await put({ name, value: 7, organization })

    const refused = await Promise.all([
      put({ name, value: 3_650, organization }, owner),
      put({ name, value: null, organization }, owner),
      put({ name, value: 3_650, project }, owner),
      put({ name, value: null, project }, owner),
    ])
    const meanwhile = [await inForce(), await read(`project=${project}`), await read(`organization=${organization}`)]
    const beside = await put({ name: 'time.run', value: 5, project }, owner)
    await put({ name, value: 9, project })
    const exception = [await inForce(), (await read(`project=${project}`))?.value]
    await put({ name, value: null, project })
    await put({ name, value: null, organization })
    const after = [(await put({ name, value: 80, organization }, owner)).status, await inForce()]

    expect([...own, beside].map(({ status }) => status)).toEqual([200, 200, 200])
    expect(before).toBe(60)
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    expect(refused[0]?.body.message).toContain(`An administrator of the installation has set ${name} here`)
    expect(meanwhile).toEqual([
      7,
      expect.objectContaining({ value: 7, set: false, held: true }),
      expect.objectContaining({ value: 7, set: true, held: true }),
    ])
    expect(exception).toEqual([9, 9])
    expect(after).toEqual([200, 80])
  })

  test('are refused with the name, the reason and the cure', async () => {
    const home = await engine.home()
    const [tooMuch, text, unknown, both, foreign] = await Promise.all([
      put({ name: 'time.run', value: 100_000 }),
      put({ name: 'retention.artifacts', value: 'soon' }),
      put({ name: 'time.rnu', value: 1 }),
      put({ name: 'time.run', value: 1, project: 'gh/a/b', organization: 'gh/a' }),
      put({ name: 'time.run', value: 1 }, await web.token(home.user)),
    ])

    expect(tooMuch.body.message).toBe('time.run cannot be 100000. Give a whole number of minutes from 1 to 10080.')
    expect(text.body.message).toBe(
      'retention.artifacts cannot be "soon". Give a whole number of days from 0 to 3650; 0 means for ever.',
    )
    expect(unknown.body.message).toMatch(/^There is no setting "time.rnu". There are retention.pipelines, /)
    expect([tooMuch, text, unknown, both, foreign].map(({ status }) => status)).toEqual([400, 400, 400, 400, 403])
  })
})
