import { createInlineCompiler, createOrbLookup, createOrbRegistry } from '@rondo/conductor'
import type { Household, TestEngine, TestWeb } from '@rondo/testkit'
import { startTestEngine, startTestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let home: Household
let token: string
let base: string

const config = (name: string, contexts = '') => `
version: 2.1
jobs:
  ${name}: { docker: [{ image: cimg/base:current }], steps: [run: 'true'] }
workflows:
  main:
    jobs: [${name}${contexts === '' ? '' : `: { context: [${contexts}] }`}]
`

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  home = await engine.home()
  token = await web.token(home.user)
  base = `/api/v2/project/gh/${home.organization.name}/app`
  await engine.push(home.project, config('from-repository'))
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

const post = (path: string, body: object) => web.request(token, 'POST', `${base}${path}`, body)

async function jobsOf(id: unknown): Promise<readonly { name: string; status: string }[]> {
  const workflows = await web.request(token, 'GET', `/api/v2/pipeline/${id}/workflow`)
  const [workflow] = workflows.body.items as unknown as { id: string }[]
  return (await web.request(token, 'GET', `/api/v2/workflow/${workflow?.id}/job`)).body.items ?? []
}

/** Lets the agent take what waits; answers the pipeline's jobs then. */
async function takeAll(id: unknown): Promise<readonly { name: string; status: string }[]> {
  for (const task of await engine.claim()) await engine.plane.grant(task)
  return (await jobsOf(id)).map(({ name, status }) => ({ name, status }))
}

describe('running a pipeline', () => {
  test('takes the config of the repository', async () => {
    const answer = await post('/pipeline/run', { checkout: { branch: 'main' }, config: { branch: 'main' } })

    expect(answer).toMatchObject({ status: 201, body: { state: 'created' } })
    expect((await jobsOf(answer.body.id)).map((job) => job.name)).toEqual(['from-repository'])
  })

  test('has the registry resolve its orbs, the compiler make its plan, and the conductor its workflow, whoever asks [L-086]', async () => {
    const { orbs, accounts } = engine.database.store
    const registry = createOrbRegistry({ store: orbs, accounts, compiler: createInlineCompiler(createOrbLookup(orbs)) })
    const namespace = await registry.createNamespace(home.user, 'tools', home.organization.id)
    const orb = await registry.createOrb(home.user, namespace.id, 'greet', false)
    const source = `version: 2.1\njobs: {hello: {docker: [{image: i}], steps: [run: 'echo hello']}}`
    await registry.publish(home.user, { orb, version: '1.2.3', source })
    const text = `version: 2.1\norbs: {greet: ${orb.name}@1}\nworkflows: {main: {jobs: [greet/hello]}}`

    const answer = await post('/pipeline/run', { checkout: { branch: 'main' }, config: { content: text } })
    const stored = await web.request(token, 'GET', `/api/v2/pipeline/${answer.body.id}/config`)
    const [task] = await takeAll(answer.body.id)

    expect(answer).toMatchObject({ status: 201, body: { state: 'created' } })
    expect(String(stored.body.compiled)).toContain('echo hello')
    expect(task).toEqual({ name: 'greet/hello', status: 'running' })
  })

  test('takes a config of its own', async () => {
    const answer = await post('/pipeline/run', { config: { content: config('from-request') } })

    expect((await jobsOf(answer.body.id)).map((job) => job.name)).toEqual(['from-request'])
  })

  test('tells of contexts the project cannot use, and of nothing when it can use all', async () => {
    const { secrets } = engine.database.store
    await secrets.createContext(home.organization.id, 'deploy')
    const closed = await secrets.createContext(home.organization.id, 'elsewhere')
    const other = await engine.database.store.accounts.createProject({
      organizationId: home.organization.id,
      name: 'neighbour',
      defaultBranch: 'main',
    })
    await secrets.addRestriction(closed.id, other.id)

    const good = await post('/pipeline/run', { config: { content: config('good', 'deploy') } })
    const bad = await post('/pipeline/run', { config: { content: config('bad', 'deploi, elsewhere') } })

    const warningsOf = async (id: unknown) =>
      (await web.request(token, 'GET', `/api/v2/pipeline/${id}`)).body.warnings as unknown as { message: string }[]
    expect(await warningsOf(good.body.id)).toEqual([])
    expect((await warningsOf(bad.body.id)).map(({ message }) => message.split('\n')[0])).toEqual([
      expect.stringContaining("There is no context 'deploi'"),
      expect.stringContaining("There is no context 'elsewhere'"),
    ])
  })

  test.each([
    [{ checkout: { branch: 'main', tag: 'v1' } }, 400, 'Give a branch or a tag, not both.'],
    [{ definition_id: '00000000-0000-4000-8000-000000000000' }, 404, 'Pipeline definition not found'],
    [{ config: { content: 7 } }, 400, 'body/config/content must be string'],
  ])('of %j is refused', async (body, status, message) => {
    const answer = await post('/pipeline/run', body)

    expect(answer.status).toBe(status)
    expect(answer.body.message).toContain(message)
  })

  test('leaves its values readable', async () => {
    const { body } = await post('/pipeline', { branch: 'topic' })
    const values = await web.request(token, 'GET', `/api/v2/pipeline/${body.id}/values`)

    expect(values.body).toMatchObject({
      'pipeline.id': body.id,
      'pipeline.number': body.number,
      'pipeline.git.branch': 'topic',
    })
  })
})

describe('a restricted context', () => {
  const statuses = async (name: string) => {
    const { body } = await post('/pipeline/run', { config: { content: config('deploy', name) } })
    return (await jobsOf(body.id)).map((job) => job.status)
  }

  test('is for the projects it names and no others, and open to all again without any', async () => {
    const { accounts, secrets } = engine.database.store
    const { id } = await secrets.createContext(home.organization.id, 'production')
    const other = await accounts.createProject({
      organizationId: home.organization.id,
      name: 'other',
      defaultBranch: 'main',
    })
    const restrictions = `/api/v2/context/${id}/restrictions`
    const restrict = (projectId: string) =>
      web.request(token, 'POST', restrictions, { restriction_type: 'project', restriction_value: projectId })

    const open = await statuses('production')
    const made = await restrict(other.id)
    const closed = await statuses('production')
    const own = await restrict(home.project.id)
    const named = await statuses('production')
    const twice = await restrict(home.project.id)
    for (const { body } of [made, own]) await web.request(token, 'DELETE', `${restrictions}/${body.id}`)
    const openAgain = await statuses('production')

    expect([open, closed, named, openAgain]).toEqual([['queued'], ['unauthorized'], ['queued'], ['queued']])
    expect(made).toMatchObject({ status: 201, body: { restriction_type: 'project', name: 'other' } })
    expect(twice.status).toBe(409)
  })

  test.each([
    ['expression', 'pipeline.git.branch == "main"', 400],
    ['group', 'admins', 400],
    ['project', 'not-an-id', 400],
    ['project', '00000000-0000-4000-8000-000000000000', 404],
  ])('cannot be restricted by %s %s', async (type, value, status) => {
    const { id } = await engine.database.store.secrets.createContext(home.organization.id, `${type}-${value}`)

    expect(
      (
        await web.request(token, 'POST', `/api/v2/context/${id}/restrictions`, {
          restriction_type: type,
          restriction_value: value,
        })
      ).status,
    ).toBe(status)
  })
})

describe('API v1.1', () => {
  const v1 = () => `/api/v1.1/project/gh/${home.organization.name}/app`

  test('retries a build in a new workflow [I-070]', async () => {
    const pipeline = await engine.push(home.project, config('flaky'))
    await engine.run(pipeline, 'flaky', 'failed')
    const { number } = await engine.job(pipeline, 'flaky')

    const answer = await web.request(token, 'POST', `${v1()}/${number}/retry`)

    expect(answer).toMatchObject({ status: 200, body: { job_name: 'flaky', lifecycle: 'queued' } })
    expect(answer.body.build_num).not.toBe(number)
  })

  test('builds a branch [I-070]', async () => {
    expect(await web.request(token, 'POST', `${v1()}/build`, { branch: 'main' })).toEqual({
      status: 200,
      body: { status: 200, body: 'Build created' },
    })
  })

  test('follows and unfollows a project [I-070]', async () => {
    const followed = async () =>
      ((await web.request(token, 'GET', '/api/v1.1/projects')).body as unknown as { followed: boolean }[]).filter(
        (project) => project.followed,
      ).length

    const before = await followed()
    const follow = await web.request(token, 'POST', `${v1()}/follow`)
    const between = await followed()
    await web.request(token, 'POST', `${v1()}/unfollow`)

    expect([before, between, await followed()]).toEqual([0, 1, 0])
    expect(follow.body).toEqual({ followed: true })
  })

  test('keeps variables and checkout keys, and shows neither value nor private half [I-070]', async () => {
    const variable = await web.request(token, 'POST', `${v1()}/envvar`, { name: 'KEY', value: 'a-long-secret' })
    const key = await web.request(token, 'POST', `${v1()}/checkout-key`, { type: 'deploy-key' })
    const sha256 = await web.request(token, 'GET', `${base}/checkout-key?digest=sha256`)
    const [listed] = sha256.body.items as unknown as { fingerprint: string }[]
    const bySha = await web.request(token, 'GET', `${base}/checkout-key/${encodeURIComponent(listed!.fingerprint)}`)
    const removed = await web.request(token, 'DELETE', `${v1()}/checkout-key/${key.body.fingerprint}`)

    expect(variable.body).toMatchObject({ name: 'KEY', value: 'xxxxcret' })
    expect(key).toMatchObject({ status: 201, body: { type: 'deploy-key', preferred: true } })
    expect(key.body.public_key).toMatch(/^ssh-ed25519 AAAA/)
    expect(bySha.body.fingerprint).toBe(listed?.fingerprint)
    expect(JSON.stringify([key, sha256, bySha])).not.toMatch(/PRIVATE|sealed/)
    expect(removed).toEqual({ status: 200, body: { message: 'ok' } })
    expect((await web.request(token, 'GET', `${base}/checkout-key`)).body.items).toEqual([])
  })
})

test('the official command line names every project circleci/ORG/PROJECT, by ids or names', async () => {
  const { organization, project } = home
  const other = await engine.home()
  const run = async (place: string) =>
    (
      await web.request(token, 'POST', `/api/v2/project/circleci/${place}/pipeline/run`, {
        definition_id: project.id,
        config: { branch: 'main' },
        checkout: { branch: 'main' },
      })
    ).status

  for (const place of [
    `${organization.name}/app`,
    `${organization.name}/${project.id}`,
    `${organization.id}/app`,
    `${organization.id}/${project.id}`,
  ])
    expect(await run(place), place).toBe(201)
  for (const place of [`${other.organization.id}/${project.id}`, `nobody/${project.id}`, `${organization.id}/none`])
    expect(await run(place), place).toBe(404)
})

test('a request without a body, and without a type of it, asks for nothing special; what is indispensable is missed by name', async () => {
  const send = (method: 'POST' | 'PATCH', path: string) => web.send(method, path, { 'circle-token': token })
  const hold = 'version: 2.1\nworkflows: {main: {jobs: [{hold: {type: approval}}]}}'
  const workflow = await engine.workflow(await engine.push(home.project, hold))
  await engine.actions.cancelWorkflow(workflow.id, null)

  expect(await send('POST', `${base}/pipeline`)).toMatchObject({ status: 201, body: { number: expect.any(Number) } })
  expect(await send('POST', `/api/v2/workflow/${workflow.id}/rerun`)).toMatchObject({ status: 202 })
  expect(await send('POST', `${base}/envvar`)).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining("'name'") },
  })
})
