import { type ApiWorld, startApiWorld, type TokenHolder } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ownersNames } from './testing/owners-names.ts'
import { addressOf, bodyOf, type WalkedRoute, type WalkValues, walkRoutes } from './testing/walk.ts'

let world: ApiWorld
let values: WalkValues
let routes: readonly WalkedRoute[]

beforeAll(async () => {
  world = await startApiWorld()
  values = ownersNames(world)
  routes = walkRoutes(world.ports, world.publicUrl).filter((route) => !route.open)
  const variable = { name: 'TOKEN', sealed: Buffer.alloc(1), hint: 'x' }
  await world.ports.secrets.setProjectVariable(world.owner.project.id, variable)
})

afterAll(() => world.stop())

async function statusFor(walked: WalkedRoute, token: string): Promise<number> {
  const { route } = walked
  const answer = await world.server.inject({
    method: route.method,
    url: addressOf(walked, values),
    headers: { 'circle-token': token },
    ...(route.body === undefined ? {} : { payload: bodyOf(route.body, { name: 'OTHER', value: 'x' }) as object }),
  })
  return answer.statusCode
}

async function statuses(member: TokenHolder, some: readonly WalkedRoute[]) {
  return Promise.all(some.map(async (route) => ({ route: route.name, status: await statusFor(route, member.token) })))
}

describe('roles', () => {
  test('who only reads may read everything of the organisation and change nothing of it [I-065]', async () => {
    const reader = await world.member('reader')
    const [reads, others] = [
      routes.filter(({ route }) => route.right === 'view' && route.method === 'GET'),
      routes.filter(({ route }) => route.right !== 'view'),
    ]

    expect((await statuses(reader, reads)).filter(({ status }) => status !== 200)).toEqual([])
    const changes = routes.filter(({ route }) => route.right === 'view' && route.method !== 'GET')
    expect(new Set(changes.map(({ route }) => route.path))).toEqual(
      new Set(['/project/{project-slug}/follow', '/project/{project-slug}/unfollow']),
    )
    expect((await statuses(reader, others)).filter(({ status }) => status !== 403)).toEqual([])
  })

  test('who writes may do everything but what is for administrators [I-065]', async () => {
    const writer = await world.member('writer')
    const administers = routes.filter(({ route }) => route.right === 'administer')
    const safe = routes.filter(({ route }) => route.right !== 'administer' && route.method !== 'DELETE')

    expect((await statuses(writer, administers)).filter(({ status }) => status !== 403)).toEqual([])
    expect((await statuses(writer, safe)).filter(({ status }) => status === 403)).toEqual([])
  })

  test('a project may keep its settings to administrators', async () => {
    const writer = await world.member('writer')
    const url = `/api/v2/project/${world.slug}/settings`
    const patch = (token: string, advanced: object) =>
      world.server.inject({ method: 'PATCH', url, headers: { 'circle-token': token }, payload: { advanced } })

    const before = await patch(writer.token, { autocancel_builds: true })
    await patch(world.owner.token, { write_settings_requires_admin: true })
    const after = await patch(writer.token, { write_settings_requires_admin: false })
    const owners = await patch(world.owner.token, { write_settings_requires_admin: false })

    expect([before.statusCode, after.statusCode, owners.statusCode]).toEqual([200, 403, 200])
  })

  test('a site administrator may do it all without belonging to the organisation [I-065]', async () => {
    const { store } = world.database
    const admin = await store.accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true })
    const token = 'rondo_of-the-administrator'
    const { hashToken } = await import('./credentials.ts')
    await store.accounts.addToken({ userId: admin.id, label: 'test', hash: hashToken(token) })

    const reads = routes.filter(({ route }) => route.method === 'GET')
    const found = await Promise.all(reads.map(async (route) => [route.name, await statusFor(route, token)] as const))

    expect(found.filter(([, status]) => status !== 200)).toEqual([])
  })
})

describe('the order of refusals', () => {
  const post = (slug: string, headers: Record<string, string>, payload: string | object) =>
    world.server.inject({
      method: 'POST',
      url: `/api/v2/project/${slug}/envvar`,
      headers: { 'content-type': 'application/json', ...headers },
      payload,
    })

  test('is: who are you (401), what do you mean (400), where is that (404), may you (403)', async () => {
    const headers = { 'circle-token': world.owner.token }
    const reader = await world.member('reader')
    const good = { name: 'A', value: 'b' }

    const found = await Promise.all([
      post('gh/no/where', {}, '{"name":'),
      post('gh/no/where', headers, '{"name":'),
      post('gh/no/where', headers, { name: 1 }),
      post('gh/no/where', headers, good),
      post(world.slug, { 'circle-token': world.stranger.token }, good),
      post(world.slug, { 'circle-token': reader.token }, good),
      post(world.slug, headers, good),
    ])

    expect(found.map((answer) => answer.statusCode)).toEqual([401, 400, 400, 404, 404, 403, 201])
  })

  test('a thing of others and a thing that is nowhere answer alike', async () => {
    const headers = { 'circle-token': world.stranger.token }
    const good = { name: 'A', value: 'b' }

    expect((await post(world.slug, headers, good)).body).toBe((await post('gh/no/where', headers, good)).body)
  })
})
