import { randomBytes, randomUUID } from 'node:crypto'
import { type ApiWorld, startApiWorld, type TokenHolder } from '@rondo/testkit'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csrfToken, sessionCookie } from './authenticate.ts'
import { hashPassword, newToken } from './credentials.ts'
import type { WebPorts } from './ports.ts'

const publicUrl = 'http://ci.example.com'
let world: ApiWorld
let server: FastifyInstance
let ports: WebPorts
let owner: TokenHolder
let slug: string

beforeAll(async () => {
  world = await startApiWorld()
  ;({ server, ports, owner, slug } = world)
})

afterAll(() => world.stop())

describe('who asks', () => {
  const me = (options: Omit<InjectOptions, 'url'>, query = '') =>
    server.inject({ method: 'GET', url: `/api/v2/me${query}`, ...options })
  const basic = (text: string) => ({ headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` } })

  test('every form in which clients send a token is understood [I-071]', async () => {
    const { token } = owner
    const answers = await Promise.all([
      me({ headers: { 'circle-token': token } }),
      me({ headers: { authorization: `Bearer ${token}` } }),
      me({ headers: { authorization: `bearer ${token}` } }),
      me({ headers: { authorization: token } }),
      me(basic(`${token}:`)),
      me(basic(`:${token}`)),
      me({}, `?circle-token=${token}`),
      me({}, `?%20circle-token=${token}`),
    ])

    expect(answers.map((answer) => answer.statusCode)).toEqual(answers.map(() => 200))
    expect(answers.map((answer) => answer.json().login)).toEqual(answers.map(() => owner.user.login))
  })

  test('no token, a wrong one and an empty one are refused', async () => {
    const answers = await Promise.all([
      me({}),
      me({ headers: { 'circle-token': newToken() } }),
      me({ headers: { 'circle-token': '' } }),
      me(basic('nobody:')),
      me({ headers: { authorization: 'Bearer ' } }),
      me({ headers: { authorization: 'Basic !!!' } }),
      me({}, '?circle-token='),
      me({}, '?circle-token=a%00b'),
    ])

    expect(answers.map((answer) => answer.statusCode)).toEqual(answers.map(() => 401))
  })

  test('a session reads with its cookie alone and writes only with its own CSRF token [I-067]', async () => {
    const login = `person-${randomUUID()}`
    const user = await ports.accounts.createUser({
      login,
      name: login,
      passwordHash: await hashPassword('correct horse'),
      admin: false,
    })
    await ports.accounts.setMember(owner.organization.id, user.id, 'writer')

    const wrong = await server.inject({
      method: 'POST',
      url: '/api/private/session',
      payload: { login, password: 'wrong' },
    })
    const nobody = await server.inject({
      method: 'POST',
      url: '/api/private/session',
      payload: { login: 'nobody', password: 'wrong' },
    })
    const right = await server.inject({
      method: 'POST',
      url: '/api/private/session',
      payload: { login, password: 'correct horse' },
    })
    const session = right.cookies.find((cookie) => cookie.name === sessionCookie)
    const cookies = { [sessionCookie]: session?.value ?? '' }
    const write = (headers: Record<string, string>) =>
      server.inject({
        method: 'POST',
        url: `/api/v2/project/${slug}/envvar`,
        cookies,
        headers,
        payload: { name: 'FROM_PAGE', value: 'value' },
      })

    expect([wrong.statusCode, nobody.statusCode, right.statusCode]).toEqual([401, 401, 200])
    expect(wrong.json()).toEqual(nobody.json())
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
    expect((await me({ cookies })).json().login).toBe(login)
    expect((await write({})).statusCode).toBe(403)
    expect((await write({ 'x-csrf-token': csrfToken(randomBytes(32).toString('base64url')) })).statusCode).toBe(403)
    expect((await write({ 'x-csrf-token': right.json().csrfToken })).statusCode).toBe(201)
    const signOut = (headers: Record<string, string>) =>
      server.inject({ method: 'DELETE', url: '/api/private/session', cookies, headers })
    expect((await signOut({})).statusCode).toBe(403)
    expect((await signOut({ 'x-csrf-token': right.json().csrfToken })).statusCode).toBe(200)
    expect((await me({ cookies })).statusCode).toBe(401)
  })
})

describe('what cannot be understood', () => {
  test.each<[string, number]>([
    ['/api/v2/project/nonsense', 400],
    ['/api/v2/project/xx/org/repo', 400],
    ['/api/v2/project/constructor/org/repo', 400],
    ['/api/v2/project/__proto__/org/repo', 400],
    ['/api/v2/project/gh%2Forg', 400],
    ['/api/v2/project/gh/org/missing', 404],
    ['/api/v2/project/gh/org%00/repo', 400],
    ['/api/v2/project/%25zz', 400],
    ['/api/v2/project/gh/100%25/repo', 404],
    ['/api/v1.1/project/xx/org/repo', 400],
    ['/api/v2/pipeline/not-an-id', 404],
    ['/api/v2/workflow/not-an-id', 404],
    [`/api/v2/context/${'-'.repeat(36)}`, 403],
    [`/api/private/steps/${'-'.repeat(36)}/output`, 404],
    ['/api/v2/context?owner-slug=%25zz', 404],
    ['/api/v2/context?owner-slug=toString/x', 404],
    ['/api/v2/context?owner-id=', 404],
    ['/api/v2/user/not-an-id', 404],
    ['/api/v2/pipeline?page-token=nonsense', 400],
    ['/api/v2/nothing', 404],
    ['/api/v1.1/recent-builds?limit=1.5&offset=0.5', 200],
    ['/api/v1.1/recent-builds?limit=-1&offset=1e300', 200],
    ['/api/v1.1/recent-builds?limit=x&offset=Infinity', 200],
  ])('%s answers %i and nothing world.unforeseen', async (url, status) => {
    world.unforeseen.length = 0

    const answer = await server.inject({ method: 'GET', url, headers: { 'circle-token': owner.token } })

    expect(world.unforeseen).toEqual([])
    expect(answer.statusCode).toBe(status)
    if (status >= 400) expect(Object.keys(answer.json())).toEqual(['message'])
  })

  test.each<[string, string | object, string, number]>([
    ['not JSON', '{"name":', 'application/json', 400],
    ['nothing', '', 'application/json', 400],
    ['an array', [], 'application/json', 400],
    ['a wrong type', { name: 1, value: {} }, 'application/json', 400],
    ['a polluted prototype', '{"__proto__":{"a":1},"name":"A","value":"x"}', 'application/json', 400],
    ['another type of content', '<name/>', 'application/xml', 415],
    ['nine megabytes', { name: 'A', value: 'x'.repeat(9 * 1024 * 1024) }, 'application/json', 413],
  ])('a body of %s is refused with a message', async (_what, payload, type, status) => {
    const answer = await server.inject({
      method: 'POST',
      url: `/api/v2/project/${slug}/envvar`,
      headers: { 'circle-token': owner.token, 'content-type': type },
      payload: payload as string,
    })

    expect(answer.statusCode).toBe(status)
    expect(answer.json().message).toEqual(expect.any(String))
  })
})

describe('artifacts and output', () => {
  const get = (path: string) =>
    server.inject({
      method: 'GET',
      url: `/output/job/${world.job.id}/artifacts/${path}`,
      headers: { 'circle-token': owner.token },
    })

  test('what a job made is handed out as a file, never as a page of ours [I-017]', async () => {
    const answer = await get('0/reports/index.html')

    expect(answer.body).toBe('<script>alert(1)</script>')
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
      'content-disposition': `attachment; filename*=UTF-8''index.html`,
    })
  })

  test('a name with quotes and line ends cannot write headers', async () => {
    const listed = await server.inject({
      method: 'GET',
      url: `/api/v2/project/${slug}/1/artifacts`,
      headers: { 'circle-token': owner.token },
    })
    const odd = listed.json().items.find((item: { path: string }) => item.path.startsWith('odd'))

    const answer = await server.inject({
      method: 'GET',
      url: odd.url.slice(publicUrl.length),
      headers: { 'circle-token': owner.token },
    })

    expect(answer.statusCode).toBe(200)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(answer.headers['content-disposition']).not.toMatch(/["\r\n]/)
  })

  test.each([
    '0/../../../../etc/passwd',
    '0/..%2f..%2f..%2fetc%2fpasswd',
    '0/reports/..%2Freports/index.html',
    '0/%2e%2e/index.html',
    '1/reports/index.html',
    '0/',
    'x/reports/index.html',
    '0/reports%00/index.html',
  ])('%s is no artifact', async (path) => {
    expect((await get(path)).statusCode).toBe(404)
  })

  test.each([
    ['', 'hello world'],
    ['?offset=6', 'world'],
    ['?offset=6.5', 'world'],
    ['?offset=-3', 'hello world'],
    ['?offset=x', 'hello world'],
    ['?offset=1e99', ''],
  ])('output from %s is %j [I-048]', async (query, expected) => {
    const answer = await server.inject({
      method: 'GET',
      url: `/api/private/steps/${world.ids.step}/output${query}`,
      headers: { 'circle-token': owner.token },
    })

    expect(answer.body).toBe(expected)
    expect(answer.headers).toMatchObject({
      'x-output-size': '11',
      'x-output-closed': 'false',
      'content-type': 'text/plain; charset=utf-8',
    })
  })
})
