import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sessionCookie } from './authenticate.ts'
import { hashPassword } from './credentials.ts'
import { ownersNames } from './testing/owners-names.ts'
import { addressOf, bodyOf, walkRoutes } from './testing/walk.ts'

let world: ApiWorld
let webFolder: string
let cookies: Record<string, string>

beforeAll(async () => {
  webFolder = mkdtempSync(join(tmpdir(), 'rondo-web-'))
  mkdirSync(join(webFolder, 'assets'))
  writeFileSync(join(webFolder, 'index.html'), '<!doctype html><title>Rondo</title>')
  writeFileSync(join(webFolder, 'assets/app.js'), 'run()')
  world = await startApiWorld({ webFolder })
  const { accounts } = world.ports
  const passwordHash = await hashPassword('correct horse')
  const user = await accounts.createUser({ login: 'person', name: 'person', passwordHash, admin: false })
  await accounts.setMember(world.owner.organization.id, user.id, 'admin')
  cookies = { [sessionCookie]: (await signIn()).cookies[0]?.value ?? '' }
})

afterAll(async () => {
  await world.stop()
  rmSync(webFolder, { recursive: true, force: true })
})

function signIn(
  headers: Record<string, string> = {},
  payload: object = { login: 'person', password: 'correct horse' },
) {
  return world.server.inject({ method: 'POST', url: '/api/private/session', headers, payload })
}

const get = (url: string, headers: Record<string, string> = {}) => world.server.inject({ method: 'GET', url, headers })

describe('what browsers are told', () => {
  test('pages run scripts of this server alone, and are shown in no frame [S-22]', async () => {
    for (const url of ['/', '/pipelines/anything']) {
      const { headers, statusCode } = await get(url, { accept: 'text/html' })
      const policy = String(headers['content-security-policy'])

      expect(statusCode).toBe(200)
      expect(policy).toContain("default-src 'none'; script-src 'self';")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy.match(/script-src[^;]*/)?.[0]).not.toContain('unsafe')
      expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' })
    }
  })

  test('a page that the browser still has keeps the policy of a page', async () => {
    const first = await get('/')

    const again = await get('/', { 'if-none-match': String(first.headers.etag) })

    expect(again.statusCode).toBe(304)
    expect(again.headers['content-security-policy']).toBe(first.headers['content-security-policy'])
  })

  test.each([
    ['an answer', '/api/v2/me'],
    ['a refusal', '/api/v2/me?circle-token=wrong'],
    ['a script', '/assets/app.js'],
    ['nothing', '/assets/missing.js'],
    ['output of a job', 'STEP'],
  ])('%s is no page: it runs nothing, in no frame, and is not guessed at [S-48]', async (_what, url) => {
    const { headers } = await get(url.replace('STEP', `/api/private/steps/${world.ids.step}/output`), {
      ...(url.includes('wrong') ? {} : { 'circle-token': world.owner.token }),
    })

    expect(headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'; sandbox")
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' })
  })

  test('answers of the API are kept by no cache, scripts with a name of their own for long', async () => {
    const cached = async (url: string) =>
      (await get(url, { 'circle-token': world.owner.token })).headers['cache-control']

    expect(await cached('/api/v2/me')).toBe('no-store')
    expect(await cached('/api/v1.1/recent-builds')).toBe('no-store')
    expect(await cached(`/output/job/${world.job.id}/artifacts/0/reports/index.html`)).toBe('no-store')
    expect(await cached('/assets/app.js')).toContain('immutable')
  })
})

describe('the session', () => {
  test('cookie cannot be read by scripts, nor sent by other sites, nor in the clear [S-37]', async () => {
    const secure = await startApiWorld({ publicUrl: 'https://ci.example.com' })
    const login = 'secure'
    const passwordHash = await hashPassword('correct horse')
    await secure.ports.accounts.createUser({ login, name: login, passwordHash, admin: false })
    const answer = await secure.server.inject({
      method: 'POST',
      url: '/api/private/session',
      payload: { login, password: 'correct horse' },
    })
    await secure.stop()

    expect(answer.cookies[0]).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000')
  })

  test('is a new one at every sign-in [S-37]', async () => {
    const [first, second] = [await signIn(), await signIn()]

    expect(first.cookies[0]?.value).not.toBe(second.cookies[0]?.value)
  })

  test.each(['https://evil.example.com', 'null', 'nonsense'])('is not begun by a page of %s [S-36]', async (origin) => {
    expect((await signIn({ origin })).statusCode).toBe(403)
    expect((await signIn({ origin: world.publicUrl })).statusCode).toBe(200)
  })

  test('changes nothing without its CSRF token, by any route [S-36]', async () => {
    const values = ownersNames(world)
    const changes = walkRoutes(world.ports, world.publicUrl).filter(
      ({ route }) => route.method !== 'GET' && route.path !== '/pipeline/continue',
    )
    const statuses = await Promise.all(
      changes.map(async (walked) => {
        const answer = await world.server.inject({
          method: walked.route.method,
          url: addressOf(walked, values),
          cookies,
          ...(walked.route.body === undefined ? {} : { payload: bodyOf(walked.route.body, {}) as object }),
        })
        return [walked.name, answer.statusCode] as const
      }),
    )
    const run = await world.server.inject({ method: 'POST', url: '/api/private/runs', cookies, payload: {} })
    const graphql = await world.server.inject({
      method: 'POST',
      url: '/graphql-unstable',
      cookies,
      payload: { query: '{ me { name } }' },
    })

    expect(statuses.length).toBeGreaterThan(25)
    expect(statuses.filter(([, status]) => status !== 403)).toEqual([])
    expect([400, 403]).toContain(run.statusCode)
    expect(graphql.json().errors[0].message).toContain('CSRF')
  })
})
