import { randomUUID } from 'node:crypto'
import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hashPassword, hashToken, newToken } from './credentials.ts'
import { ownersNames } from './testing/owners-names.ts'
import { printedGetRoutes } from './testing/printed-routes.ts'
import { addressOf, type WalkedRoute, type WalkValues, walkRoutes } from './testing/walk.ts'

let world: ApiWorld
let values: WalkValues

beforeAll(async () => {
  world = await startApiWorld()
  values = ownersNames(world)
})

afterAll(() => world.stop())

/** Answer a repository's refs, a socket and a word, none of which a document could hide in. */
const answeringNoDocument = ['/git/:org/:repo/info/refs', '/live', '/health']

/** The documents of pages, by the routes that answer them. */
function pageAddresses(): Readonly<Record<string, string>> {
  const { ids, job, slug } = world
  const base = '/api/private'
  return {
    [`${base}/session`]: `${base}/session`,
    [`${base}/projects`]: `${base}/projects`,
    [`${base}/projects/events`]: `${base}/projects/events?project=${encodeURIComponent(slug)}`,
    [`${base}/pipelines`]: `${base}/pipelines`,
    [`${base}/pipelines/:id`]: `${base}/pipelines/${ids.pipeline}`,
    [`${base}/pipelines/:id/config`]: `${base}/pipelines/${ids.pipeline}/config`,
    [`${base}/pipelines/:id/events`]: `${base}/pipelines/${ids.pipeline}/events`,
    [`${base}/workflows/:id`]: `${base}/workflows/${ids.workflow}`,
    [`${base}/jobs/:id|:vcs`]: `${base}/jobs/${job.id}`,
    [`${base}/jobs/:id|:vcs/usage`]: `${base}/jobs/${job.id}/usage`,
    [`${base}/jobs/:id|:vcs/attempts`]: `${base}/jobs/${job.id}/attempts`,
    [`${base}/jobs/:id|:vcs/wait`]: `${base}/jobs/${job.id}/wait`,
    [`${base}/jobs/:id|:vcs/:org/:repo/:number`]: `${base}/jobs/${slug}/1`,
    [`${base}/holds`]: `${base}/holds?project=${slug}`,
    [`${base}/admin/history`]: `${base}/admin/history?organization=gh/${world.owner.organization.name}`,
    [`${base}/admin/limits`]: `${base}/admin/limits?project=${slug}`,
    [`${base}/admin/locks`]: `${base}/admin/locks?organization=gh/${world.owner.organization.name}`,
    [`${base}/admin/queue`]: `${base}/admin/queue?project=${slug}`,
    [`${base}/admin/settings`]: `${base}/admin/settings?project=${slug}`,
    [`${base}/admin/retention`]: `${base}/admin/retention?project=${slug}`,
    [`${base}/ssh-keys`]: `${base}/ssh-keys`,
    '/.well-known/openid-configuration': '/.well-known/openid-configuration',
    '/.well-known/jwks-pub.json': '/.well-known/jwks-pub.json',
    '/org/:id/.well-known/openid-configuration': `/org/${world.owner.organization.id}/.well-known/openid-configuration`,
    '/org/:id/.well-known/jwks-pub.json': `/org/${world.owner.organization.id}/.well-known/jwks-pub.json`,
    [`${base}/steps/:id/output`]: `${base}/steps/${ids.step}/output`,
    '*': `/output/job/${job.id}/artifacts/0/reports/index.html`,
  }
}

/** Of the whole installation, so for its administrators alone. */
const ofTheInstallation = [
  '/api/private/admin/dispatcher',
  '/api/private/admin/health',
  '/api/private/agent-tokens',
  '/api/private/agents',
]

/** `{id}` is a workflow for all but one. */
function addressFor(walked: WalkedRoute): string {
  const { user } = world.owner
  return walked.route.path === '/user/{id}' ? `${walked.base}/user/${user.id}` : addressOf(walked, values)
}

async function ask(method: 'POST' | 'PUT', url: string, payload: object, token = world.owner.token) {
  return world.server.inject({ method, url, headers: { 'circle-token': token }, payload })
}

/** A secret of every kind, and the parts of it that would give it away. */
async function storeSecrets(): Promise<{ values: readonly (readonly [string, string])[]; administrator: string }> {
  const secret = () => `s3cr3t-${randomUUID()}`
  const [variable, inContext, password] = [secret(), secret(), secret()]
  const project = `/api/v2/project/${world.slug}`
  const sealedKey = vi.spyOn(world.ports.sealer, 'seal')
  await ask('POST', `${project}/checkout-key`, { type: 'deploy-key' })
  const privateKey = sealedKey.mock.calls.find(([text]) => text.includes('PRIVATE KEY'))?.[0] ?? ''
  sealedKey.mockRestore()
  await ask('POST', `${project}/envvar`, { name: 'TOKEN', value: variable })
  await ask('PUT', `/api/v2/context/${world.ids.context}/environment-variable/TOKEN`, { value: inContext })
  const personal = (await ask('POST', '/api/v1.1/user/token', { label: 'laptop' })).json().token
  const ofProject = (
    await ask('POST', `/api/v1.1/project/${world.slug}/token`, { label: 'badge', scope: 'status' })
  ).json().token
  const passwordHash = await hashPassword(password)
  const login = `admin-${randomUUID()}`
  const { id } = await world.ports.accounts.createUser({ login, name: login, passwordHash, admin: true })
  const administrator = newToken()
  await world.ports.accounts.addToken({ userId: id, label: 'test', hash: hashToken(administrator) })
  const agents = await ask('POST', '/api/private/agent-tokens', { name: login }, administrator)
  return {
    administrator,
    values: [
      ['the token of an agent', agents.json().token],
      ['a variable of the project', variable.slice(0, -4)],
      ['a variable of a context', inContext.slice(0, -4)],
      ['the private half of a checkout key', privateKey.split('\n').at(-4)!],
      ['a personal token', personal],
      ['a token of the project', ofProject],
      ['the token that asks', administrator],
      ['a password', password],
      ['the hash of a password', passwordHash],
      ['the hash of a token', hashToken(administrator).toString('hex')],
    ],
  }
}

async function fetched(url: string, token: string) {
  const answer = await world.server.inject({ method: 'GET', url, headers: { 'circle-token': token } })
  return { url, status: answer.statusCode, body: answer.body }
}

async function askedByGraphql(token: string) {
  const query = `query($id: ID!) { context(id: $id) { name resources { variable truncatedValue } } }`
  const answer = await ask('POST', '/graphql-unstable', { query, variables: { id: world.ids.context } }, token)
  return { url: '/graphql-unstable', status: answer.json().errors ? 400 : answer.statusCode, body: answer.body }
}

describe('secrets', () => {
  test('that were stored come back by no route, to nobody, not even in part [I-046] [S-51]', async () => {
    const canaries = await storeSecrets()
    const pages = pageAddresses()
    const routes = walkRoutes(world.ports, world.publicUrl)
    const reads = routes.filter(({ route }) => route.method === 'GET')
    const addresses = [...reads.map(addressFor), ...Object.values(pages)]
    const bodies = await Promise.all(
      [world.owner.token, canaries.administrator].flatMap((token) => [
        ...addresses.map((url) => fetched(url, token)),
        askedByGraphql(token),
        ...(token === canaries.administrator ? ofTheInstallation.map((url) => fetched(url, token)) : []),
      ]),
    )

    expect(bodies.filter(({ status }) => status !== 200)).toEqual([])
    for (const { url, body } of bodies)
      for (const [what, canary] of canaries.values) expect(body, `${what} by ${url}`).not.toContain(canary)
  })

  test('no page that answers GET was left out of that walk', () => {
    const pages = pageAddresses()
    const printed = printedGetRoutes(world.server.printRoutes({ commonPrefix: false }))
    const others = printed.filter((path) => !/^\/api\/v[12]/.test(path))

    expect(others.sort()).toEqual([...Object.keys(pages), ...ofTheInstallation, ...answeringNoDocument].sort())
  })

  test('lie sealed in the database', async () => {
    const { values: canaries } = await storeSecrets()
    const { secrets, checkoutKeys } = world.ports
    const stored = [
      ...(await secrets.projectVariables(world.owner.project.id)),
      ...(await secrets.contextVariables(world.ids.context)),
      ...(await checkoutKeys.of(world.owner.project.id)),
    ]

    expect(stored.length).toBeGreaterThan(2)
    for (const { sealed } of stored)
      for (const [, canary] of canaries) expect(sealed.includes(Buffer.from(canary))).toBe(false)
  })

  test.each([
    ['a', 'xxxx'],
    ['ab', 'xxxxb'],
    ['abcd', 'xxxxcd'],
    ['abcdefgh', 'xxxxefgh'],
    ['', 'xxxx'],
  ])('of the value %j the listing shows %s, never more than half [I-046]', async (value, shown) => {
    const answer = await world.server.inject({
      method: 'POST',
      url: `/api/v2/project/${world.slug}/envvar`,
      headers: { 'circle-token': world.owner.token },
      payload: { name: 'SHORT', value },
    })

    expect(answer.json().value).toBe(shown)
  })

  test.each(['1A', 'A-B', '', 'A B', 'Ä'])('%j names no variable', async (name) => {
    const headers = { 'circle-token': world.owner.token }

    expect(
      (
        await world.server.inject({
          method: 'POST',
          url: `/api/v2/project/${world.slug}/envvar`,
          headers,
          payload: { name, value: 'x' },
        })
      ).statusCode,
    ).toBe(400)
    if (name !== '')
      expect(
        (
          await world.server.inject({
            method: 'PUT',
            url: `/api/v2/context/${world.ids.context}/environment-variable/${encodeURIComponent(name)}`,
            headers,
            payload: { value: 'x' },
          })
        ).statusCode,
      ).toBe(400)
  })
})
