import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let world: ApiWorld

beforeAll(async () => {
  world = await startApiWorld()
})

afterAll(() => world.stop())

async function ask(token: string, method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) {
  const answer = await world.server.inject({
    method,
    url,
    headers: { 'circle-token': token },
    ...(payload && { payload }),
  })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

async function projectToken(scope: string): Promise<string> {
  const url = `/api/v1.1/project/${world.slug}/token`
  return (await ask(world.owner.token, 'POST', url, { label: scope, scope })).body.token
}

describe('personal tokens', () => {
  test('are shown once, work at once, and end when they are deleted [I-072]', async () => {
    const made = await ask(world.owner.token, 'POST', '/api/v1.1/user/token', { label: 'laptop' })
    const { token, id } = made.body
    const listed = await ask(token, 'GET', '/api/v1.1/user/token')
    const deleted = await ask(token, 'DELETE', `/api/v1.1/user/token/${id}`)
    const after = await ask(token, 'GET', '/api/v1.1/me')

    expect(made).toMatchObject({ status: 201, body: { label: 'laptop' } })
    expect(token).toMatch(/^rondo_[\w-]{43}$/)
    expect(listed.body).toContainEqual(expect.objectContaining({ id, label: 'laptop' }))
    expect(JSON.stringify(listed.body)).not.toContain(token)
    expect([deleted.status, after.status]).toEqual([200, 401])
  })

  test('of somebody else cannot be deleted', async () => {
    const { id } = (await ask(world.owner.token, 'POST', '/api/v1.1/user/token', { label: 'mine' })).body

    expect((await ask(world.stranger.token, 'DELETE', `/api/v1.1/user/token/${id}`)).status).toBe(404)
  })
})

describe('tokens of a project', () => {
  const project = () => `/api/v1.1/project/${world.slug}`

  test('open what their scope says, in v1.1 [I-072]', async () => {
    const reads = await Promise.all(
      ['status', 'view-builds', 'all'].map(async (scope) => {
        const token = await projectToken(scope)
        return [
          (await ask(token, 'GET', `${project()}/1`)).status,
          (await ask(token, 'POST', `${project()}/1/cancel`)).status,
          (await ask(token, 'GET', `${project()}/token`)).status,
        ]
      }),
    )

    expect(reads).toEqual([
      [403, 403, 403],
      [200, 403, 403],
      [200, 200, 200],
    ])
  })

  test('say in every answer what they may', async () => {
    const { headers } = await ask(await projectToken('view-builds'), 'GET', `${project()}/1`)

    expect(headers['x-circleci-scopes']).toBe(':view-builds')
  })

  test('are not for API v2, nor for what takes a person', async () => {
    const token = await projectToken('all')

    expect((await ask(token, 'GET', `/api/v2/project/${world.slug}`)).status).toBe(401)
    expect(await ask(token, 'GET', '/api/v1.1/me')).toMatchObject({
      status: 403,
      body: { message: 'User authentication required.' },
    })
    expect((await ask(token, 'POST', `${project()}/token`, { label: 'more', scope: 'all' })).status).toBe(403)
  })

  test('open no other project, not even of the same organization [I-068]', async () => {
    const token = await projectToken('all')
    const { accounts } = world.ports
    await accounts.createProject({
      organizationId: world.owner.organization.id,
      name: 'other',
      defaultBranch: 'main',
    })
    const strangers = `gh/${world.stranger.organization.name}/${world.stranger.project.name}`

    expect((await ask(token, 'GET', `/api/v1.1/project/gh/${world.owner.organization.name}/other`)).status).toBe(404)
    expect((await ask(token, 'GET', `/api/v1.1/project/${strangers}`)).status).toBe(404)
  })

  test('fetch artifacts, and are listed without what they open', async () => {
    const token = await projectToken('view-builds')
    const artifact = await world.server.inject({
      method: 'GET',
      url: `/output/job/${world.job.id}/artifacts/0/reports/index.html?circle-token=${token}`,
    })
    const listed = await ask(world.owner.token, 'GET', `${project()}/token`)

    expect(artifact.statusCode).toBe(200)
    expect(listed.body).toContainEqual(expect.objectContaining({ scope: 'view-builds' }))
    expect(JSON.stringify(listed.body)).not.toContain(token)
  })

  test('end when they are deleted', async () => {
    const made = (await ask(world.owner.token, 'POST', `${project()}/token`, { label: 'ci', scope: 'all' })).body

    expect((await ask(world.owner.token, 'DELETE', `${project()}/token/${made.id}`)).status).toBe(200)
    expect((await ask(made.token, 'GET', `${project()}/1`)).status).toBe(401)
    expect((await ask(world.owner.token, 'DELETE', `${project()}/token/${made.id}`)).status).toBe(404)
  })

  test('need a scope that exists', async () => {
    const answer = await ask(world.owner.token, 'POST', `${project()}/token`, { label: 'x', scope: 'everything' })

    expect(answer.status).toBe(400)
  })
})
