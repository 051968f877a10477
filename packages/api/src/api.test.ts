import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import {
  createGitHosting,
  openFileKeyRing,
  openFileObjects,
  openFileOutput,
  randomId,
  systemClock,
} from '@rondo/adapters'
import { createContinuationKeys, createInlineCompiler, createOrbRegistry, createUserActions } from '@rondo/conductor'
import type { NewJob, StoredObject } from '@rondo/model'
import {
  buildAgent,
  buildHousehold,
  buildJob,
  buildWorkflow,
  claimOne,
  type Household,
  startTestDatabase,
  type TestDatabase,
} from '@rondo/testkit'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccess } from './access.ts'
import { csrfToken, sessionCookie } from './authenticate.ts'
import { hashPassword, hashToken, newToken } from './credentials.ts'
import { apis } from './http/apis.ts'
import { anybody, oneself } from './http/subjects.ts'
import type { WebPorts } from './ports.ts'
import { createWebServer } from './web-server.ts'

const publicUrl = 'http://ci.example.com'
let database: TestDatabase
let ports: WebPorts
let server: FastifyInstance
let routes: readonly { readonly method: string; readonly url: string; readonly open: boolean }[]
/** Routes that name nobody's thing: they answer everybody with what is theirs. */
const openSubjects: ReadonlySet<unknown> = new Set([anybody, oneself])
const unforeseen: unknown[] = []

/** Whose things are asked for, and somebody of another organisation. */
let owner: Household & { readonly token: string }
let stranger: Household & { readonly token: string }
let slug: string
let job: NewJob
let ids: { readonly pipeline: string; readonly workflow: string; readonly context: string; readonly step: string }
let artifact: StoredObject

beforeAll(async () => {
  database = await startTestDatabase()
  const { store, folder } = database
  const [keyRing, objects, output] = await Promise.all([
    openFileKeyRing(join(folder, 'key-ring.json')),
    openFileObjects(join(folder, 'objects')),
    openFileOutput(join(folder, 'output')),
  ])
  const hosting = createGitHosting(join(folder, 'repositories'))
  const compiler = createInlineCompiler()
  const actions = createUserActions({
    engine: store.engine,
    repositories: hosting,
    compiler,
    publicUrl,
    clock: systemClock,
    newId: randomId,
    continuationKeys: createContinuationKeys(Buffer.alloc(32)),
  })
  ports = {
    accounts: store.accounts,
    secrets: store.secrets,
    queries: store.queries,
    live: store.live,
    objects,
    output,
    keyRing,
    hosting,
    actions,
    orbs: createOrbRegistry({ store: store.orbs, accounts: store.accounts, compiler }),
    compiler,
    attemptProject: async () => undefined,
  }
  server = await createWebServer(ports, { publicUrl, onError: (error) => unforeseen.push(error) })
  await server.ready()
  const options = { publicUrl, onError: () => {} }
  routes = apis({ ...ports, access: createAccess(ports) }, options).flatMap((api) =>
    api.bases.flatMap((base) =>
      api.routes.map((route) => ({
        method: route.method,
        url: `${base}${route.path}`,
        open: openSubjects.has(route.subject),
      })),
    ),
  )
  owner = await withToken(await buildHousehold(store))
  stranger = await withToken(await buildHousehold(store))
  slug = `gh/${owner.organization.name}/${owner.project.name}`
  await fillProject()
})

afterAll(async () => {
  await server.close()
  await database.stop()
})

async function withToken(home: Household): Promise<Household & { token: string }> {
  const token = newToken()
  await database.store.accounts.addToken({ userId: home.user.id, label: 'test', hash: hashToken(token) })
  return { ...home, token }
}

/** A job that has run, with a step, an artifact and secrets around it. */
async function fillProject(): Promise<void> {
  const { store } = database
  job = buildJob({ name: 'build' })
  const built = await buildWorkflow(store, owner.project, [
    job,
    buildJob({ name: 'hold', type: 'approval', status: 'on_hold' }),
  ])
  await store.engine.transact(async (tx) => {
    await tx.saveJob({ id: job.id, status: 'queued' })
    await tx.enqueue({ id: job.id, projectId: owner.project.id, parallelism: 1 }, 'docker', { cpus: 1, memoryMb: 1024 })
  })
  const agent = await buildAgent(store)
  const task = await claimOne(store, agent)
  artifact = await ports.objects.write(
    (async function* () {
      yield Buffer.from('<script>alert(1)</script>')
    })(),
  )
  const step = await store.engine.transact(async (tx) => {
    await tx.addArtifact(job.id, 0, 'reports/index.html', artifact)
    await tx.addArtifact(job.id, 0, `odd "name'\r\nset-cookie: a=b.txt`, artifact)
    return tx.startStep({
      attemptId: task.attemptId,
      taskIndex: 0,
      index: 0,
      name: 'echo',
      type: 'run',
      command: 'echo',
      background: false,
      at: new Date().toISOString(),
    })
  })
  await ports.output.append(step, 0, Buffer.from('hello world'))
  const context = await store.secrets.createContext(owner.organization.id, 'deploy')
  ids = { pipeline: built.pipeline.id, workflow: built.workflowId, context: context.id, step }
}

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
    await ports.accounts.setMember(owner.organization.id, user.id, 'member')

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
    expect((await server.inject({ method: 'DELETE', url: '/api/private/session', cookies })).statusCode).toBe(200)
    expect((await me({ cookies })).statusCode).toBe(401)
  })
})

describe('what belongs to others', () => {
  const named = () => routes.filter((route) => !route.open)

  /** The route with the owner's own names in it. */
  function addressOf(url: string): string {
    const values: Readonly<Record<string, string>> = {
      'project-slug': slug,
      'org-slug-or-id': `gh/${owner.organization.name}`,
      id: ids.workflow,
      'pipeline-id': ids.pipeline,
      'context-id': ids.context,
      'job-id': job.id,
      'job-number': '1',
      'pipeline-number': '1',
      approval_request_id: job.id,
      name: 'TOKEN',
      'env-var-name': 'TOKEN',
      branch: 'main',
    }
    const query = url.endsWith('/context') ? `?owner-id=${owner.organization.id}` : ''
    return url.replace(/\{([^}]+)\}/g, (_whole, name: string) => values[name]!) + query
  }

  const bodies: Readonly<Record<string, object>> = {
    envvar: { name: 'STOLEN', value: 'value' },
    'environment-variable': { value: 'value' },
    project: { name: 'taken' },
  }
  const payloadOf = (url: string) =>
    Object.entries(bodies).find(
      ([part]) => url.includes(`/${part}`) && (part !== 'project' || url.endsWith('/project')),
    )?.[1] ?? {}

  test('no route of v1.1 and v2 lets anybody of another organisation at a project, pipeline, workflow, job or context [I-068]', async () => {
    const tried = named()
    const ask = async (route: { method: string; url: string }, headers: Record<string, string>) => {
      const payload = route.method === 'GET' || route.method === 'DELETE' ? {} : { payload: payloadOf(route.url) }
      return server.inject({ method: route.method as 'GET', url: addressOf(route.url), headers, ...payload })
    }

    const answers = await Promise.all(
      tried.map(async (route) => ({
        route: `${route.method} ${route.url}`,
        other: (await ask(route, { 'circle-token': stranger.token })).statusCode,
        nobody: (await ask(route, {})).statusCode,
      })),
    )

    expect(tried.length).toBeGreaterThan(40)
    expect(answers.filter((answer) => ![403, 404].includes(answer.other))).toEqual([])
    expect(answers.filter((answer) => answer.nobody !== 401)).toEqual([])
    expect(await ports.secrets.projectVariables(owner.project.id)).not.toContainEqual(
      expect.objectContaining({ name: 'STOLEN' }),
    )
  })

  test('the same addresses answer their owner, so that the refusals mean something', async () => {
    const reads = named().filter((route) => route.method === 'GET' && !route.url.includes('name}'))

    const answers = await Promise.all(
      reads.map(async (route) => ({
        route: route.url,
        status: (
          await server.inject({ method: 'GET', url: addressOf(route.url), headers: { 'circle-token': owner.token } })
        ).statusCode,
      })),
    )

    expect(answers.filter((answer) => answer.status !== 200)).toEqual([])
  })

  test('lists show nothing of another organisation [I-068]', async () => {
    const get = async (url: string) =>
      (await server.inject({ method: 'GET', url, headers: { 'circle-token': stranger.token } })).json()

    expect((await get('/api/v2/pipeline')).items).toEqual([])
    expect(await get('/api/v1.1/recent-builds')).toEqual([])
    expect((await get('/api/v1.1/projects')).map((project: { username: string }) => project.username)).toEqual([
      stranger.organization.name,
    ])
    for (const owned of [`owner-id=${owner.organization.id}`, `owner-slug=gh/${owner.organization.name}`])
      expect((await get(`/api/v2/context?${owned}`)).message).toBe('Org not found.')
  })

  test.each([
    '/api/private/pipelines/PIPELINE',
    '/api/private/pipelines/PIPELINE/config',
    '/api/private/workflows/WORKFLOW',
    '/api/private/jobs/JOB',
    '/api/private/steps/STEP/output',
    '/output/job/JOB/artifacts/0/reports/index.html',
    '/api/private/pipelines?project=SLUG',
  ])('the page document %s is its owner’s [I-068]', async (template) => {
    const url = template
      .replace('PIPELINE', ids.pipeline)
      .replace('WORKFLOW', ids.workflow)
      .replace('JOB', job.id)
      .replace('STEP', ids.step)
      .replace('SLUG', slug)
    const statusFor = async (headers: Record<string, string>) =>
      (await server.inject({ method: 'GET', url, headers })).statusCode

    expect([
      await statusFor({ 'circle-token': owner.token }),
      await statusFor({ 'circle-token': stranger.token }),
      await statusFor({}),
    ]).toEqual([200, 404, 401])
  })
})

describe('secrets', () => {
  test('a value goes in and never comes out again, by no route [I-046]', async () => {
    const secret = `s3cr3t-${randomUUID()}`
    const headers = { 'circle-token': owner.token }
    const written = [
      await server.inject({
        method: 'POST',
        url: `/api/v2/project/${slug}/envvar`,
        headers,
        payload: { name: 'TOKEN', value: secret },
      }),
      await server.inject({
        method: 'PUT',
        url: `/api/v2/context/${ids.context}/environment-variable/TOKEN`,
        headers,
        payload: { value: secret },
      }),
    ]
    const read = await Promise.all(
      [
        `/project/${slug}/envvar`,
        `/project/${slug}/envvar/TOKEN`,
        `/context/${ids.context}`,
        `/context/${ids.context}/environment-variable`,
      ].map((path) => server.inject({ method: 'GET', url: `/api/v2${path}`, headers })),
    )

    expect(written.map((answer) => answer.statusCode)).toEqual([201, 200])
    expect(read.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 200])
    for (const answer of [...written, ...read]) expect(answer.body).not.toContain(secret.slice(0, -4))
    expect(read[1]?.json().value).toBe(`xxxx${secret.slice(-4)}`)
    for (const { sealed } of [
      ...(await ports.secrets.projectVariables(owner.project.id)),
      ...(await ports.secrets.contextVariables(ids.context)),
    ])
      expect(sealed.includes(Buffer.from(secret))).toBe(false)
  })

  test.each([
    ['a', 'xxxx'],
    ['ab', 'xxxxb'],
    ['abcd', 'xxxxcd'],
    ['abcdefgh', 'xxxxefgh'],
    ['', 'xxxx'],
  ])('of the value %j the listing shows %s, never more than half [I-046]', async (value, shown) => {
    const answer = await server.inject({
      method: 'POST',
      url: `/api/v2/project/${slug}/envvar`,
      headers: { 'circle-token': owner.token },
      payload: { name: 'SHORT', value },
    })

    expect(answer.json().value).toBe(shown)
  })

  test.each(['1A', 'A-B', '', 'A B', 'Ä'])('%j names no variable', async (name) => {
    const headers = { 'circle-token': owner.token }

    expect(
      (
        await server.inject({
          method: 'POST',
          url: `/api/v2/project/${slug}/envvar`,
          headers,
          payload: { name, value: 'x' },
        })
      ).statusCode,
    ).toBe(400)
    if (name !== '')
      expect(
        (
          await server.inject({
            method: 'PUT',
            url: `/api/v2/context/${ids.context}/environment-variable/${encodeURIComponent(name)}`,
            headers,
            payload: { value: 'x' },
          })
        ).statusCode,
      ).toBe(400)
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
  ])('%s answers %i and nothing unforeseen', async (url, status) => {
    unforeseen.length = 0

    const answer = await server.inject({ method: 'GET', url, headers: { 'circle-token': owner.token } })

    expect(unforeseen).toEqual([])
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
      url: `/output/job/${job.id}/artifacts/${path}`,
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
      url: `/api/private/steps/${ids.step}/output${query}`,
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
