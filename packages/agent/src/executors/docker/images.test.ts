import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ExecutorRefusal } from '../executor.ts'
import type { RegistryLogin } from './credentials.ts'
import { openImageUses } from './image-uses.ts'
import { createImages, type ImageSettings } from './images.ts'
import { openPrivateImages } from './private-images.ts'

/** An engine that knows nothing but images: `pulls` says what each pull of a name prints, one answer after the other. */
interface FakeEngine {
  readonly server: Server
  readonly socket: string
  readonly local: Set<string>
  /** Images of which it tells no name. */
  readonly nameless: Set<string>
  readonly pulls: Map<string, readonly (readonly object[])[]>
  readonly asked: { name: string; login: unknown }[]
  hold: Promise<void>
}

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const login: RegistryLogin = { username: 'u', password: 'p', serveraddress: 'r.example.com', source: '`auth`' }
let folder: string
let engine: FakeEngine

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'images-'))
  engine = {
    socket: join(folder, 'engine.sock'),
    local: new Set(),
    nameless: new Set(),
    pulls: new Map(),
    asked: [],
    hold: Promise.resolve(),
    server: createServer(async (request, response) => {
      const url = new URL(request.url ?? '', 'http://engine')
      const answer = (status: number, body: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      }
      if (url.pathname === '/images/create') {
        const tag = url.searchParams.get('tag') ?? ''
        const name = `${url.searchParams.get('fromImage')}${tag.startsWith('sha256:') ? '@' : ':'}${tag}`
        const header = Buffer.from(String(request.headers['x-registry-auth'] ?? ''), 'base64').toString()
        engine.asked.push({ name, login: header === '' ? undefined : JSON.parse(header) })
        await engine.hold
        const [lines = [{ error: 'manifest unknown' }], ...rest] = engine.pulls.get(name) ?? []
        engine.pulls.set(name, rest)
        if (!lines.some((line) => 'error' in line)) engine.local.add(name)
        response.writeHead(200)
        response.end(lines.map((line) => `${JSON.stringify(line)}\r\n`).join(''))
        return
      }
      const inspected = /^\/images\/(.+)\/json$/.exec(url.pathname)?.[1]
      if (inspected !== undefined && engine.local.has(inspected)) {
        const repository = inspected.replace(/[:@][^/]*$/, '')
        const found = /@(.*)$/.exec(inspected)?.[1] ?? digest('a')
        return answer(200, {
          Id: `id of ${inspected}`,
          RepoDigests: engine.nameless.has(inspected) ? [] : [`${repository}@${found}`],
          Architecture: 'amd64',
          Config: { Labels: null, Entrypoint: ['/entry'], Cmd: null },
        })
      }
      const tagged = /^\/images\/(.+)\/tag$/.exec(url.pathname)
      if (tagged !== null) {
        engine.local.add(`${url.searchParams.get('repo')}:${url.searchParams.get('tag')}`)
        return answer(201, {})
      }
      answer(404, { message: `no such image: ${url.pathname}` })
    }),
  }
  await new Promise<void>((listening) => engine.server.listen(engine.socket, listening))
})

afterEach(() => {
  engine.server.close()
  rmSync(folder, { recursive: true, force: true })
})

function bench(settings: Partial<ImageSettings> = {}) {
  const docker = new Docker({ socketPath: engine.socket })
  const closed = openPrivateImages(join(folder, 'private.json'))
  const images = createImages(
    docker,
    { policy: 'if-not-present', mirrors: new Map(), ...settings },
    closed,
    openImageUses(join(folder, 'images.json')),
  )
  const said: string[] = []
  return {
    said,
    ensure: (
      image: string,
      more: { pinned?: string; login?: RegistryLogin; signal?: AbortSignal; missing?: string[] } = {},
    ) =>
      images.ensure({
        image,
        pinned: more.pinned,
        login: async () => ({
          missing: more.missing ?? [],
          ...(more.login === undefined ? {} : { login: more.login }),
        }),
        say: (line) => void said.push(line),
        signal: more.signal ?? new AbortController().signal,
      }),
  }
}

const fine = [{ status: 'Pulling from team/app', id: 'latest' }, { status: 'Status: Downloaded newer image' }]
const names = () => engine.asked.map(({ name }) => name)

test('what the engine has is taken as it is, and what it has not is pulled', async () => {
  const { ensure } = bench()
  engine.local.add('r.example.com/here:1')
  engine.pulls.set('r.example.com/away:1', [fine])

  expect((await ensure('r.example.com/here:1')).digest).toBe(digest('a'))
  expect(await ensure('r.example.com/away:1', { login })).toMatchObject({
    id: 'id of r.example.com/away:1',
    entrypoint: ['/entry'],
    command: [],
  })
  const { username, password, serveraddress } = login
  expect(engine.asked).toEqual([{ name: 'r.example.com/away:1', login: { username, password, serveraddress } }])
})

test('asked to look always, a tag is looked up again, and a digest is what it is', async () => {
  const { ensure } = bench({ policy: 'always' })
  engine.local.add('r.example.com/app:1').add(`r.example.com/app@${digest('d')}`)
  engine.pulls.set('r.example.com/app:1', [fine])

  await ensure('r.example.com/app:1')
  await ensure(`r.example.com/app:1@${digest('d')}`)

  expect(names()).toEqual(['r.example.com/app:1'])
})

test('asked to pull nothing, what is not there is refused with the setting’s name', async () => {
  const { ensure } = bench({ policy: 'never' })

  await expect(ensure('r.example.com/app:1')).rejects.toThrow(/not on this machine.*RONDO_IMAGE_PULL=never/)
  expect(engine.asked).toEqual([])
})

test('jobs that want one image at once share its pull, which goes on until the last has gone', async () => {
  const { ensure, said } = bench()
  const go = Promise.withResolvers<void>()
  engine.hold = go.promise
  engine.pulls.set('r.example.com/app:1', [fine])
  const canceled = new AbortController()

  const first = ensure('r.example.com/app:1', { signal: canceled.signal })
  const second = ensure('r.example.com/app:1')
  while (engine.asked.length === 0 || !said.includes('  another job is pulling it already')) await sleep(1)
  canceled.abort(new Error('canceled'))
  await expect(first).rejects.toThrow('canceled')
  go.resolve()

  expect((await second).name).toBe('r.example.com/app:1')
  expect(engine.asked).toHaveLength(1)
})

test('a registry in trouble is asked again, one that has no such image is not', async () => {
  const { ensure, said } = bench()
  engine.pulls.set('r.example.com/app:1', [[{ error: 'Get "https://r.example.com/v2/": EOF' }], fine])

  await ensure('r.example.com/app:1')
  await expect(ensure('r.example.com/app:2')).rejects.toThrow(
    /The registry r\.example\.com has no image r\.example\.com\/app:2\. Check its name and tag/,
  )

  expect(names()).toEqual(['r.example.com/app:1', 'r.example.com/app:1', 'r.example.com/app:2'])
  expect(said).toContain('  Get "https://r.example.com/v2/": EOF; trying again in 1 s')
})

test('a mirror is asked first, without the login, and the registry when the mirror has nothing', async () => {
  const { ensure, said } = bench({ mirrors: new Map([['docker.io', 'mirror.example.com:5000']]) })
  engine.pulls.set('mirror.example.com:5000/library/alpine:3', [fine])
  engine.pulls.set('acme/app:1', [fine])

  expect((await ensure('alpine:3')).name).toBe('alpine:3')
  await ensure('acme/app:1', { login })

  expect(engine.asked.map(({ name, login: sent }) => [name, sent !== undefined])).toEqual([
    ['mirror.example.com:5000/library/alpine:3', false],
    ['mirror.example.com:5000/acme/app:1', false],
    ['acme/app:1', true],
  ])
  expect(engine.local).toContain('alpine:3')
  expect(said).toContain('  not by the mirror: manifest unknown')
})

test('an image that came by a login is given to nobody whom its registry refuses, after a restart neither', async () => {
  engine.pulls.set('r.example.com/app:1', [fine, [{ error: 'unauthorized: authentication required' }], fine])
  const before = bench()
  await before.ensure('r.example.com/app:1', { login })
  await before.ensure('r.example.com/app:1', { login })
  expect(engine.asked).toHaveLength(1)

  const { ensure } = bench()
  const refused = ensure('r.example.com/app:1', { missing: ['TOKEN'] })

  await expect(refused).rejects.toThrow(/does not give the image r\.example\.com\/app:1 without a login, and \$TOKEN/)
  await expect(refused).rejects.toBeInstanceOf(ExecutorRefusal)
  await ensure('r.example.com/app:1', { login })
  expect(engine.asked).toHaveLength(3)
})

test('a rerun takes the digest of the run before, and says so when it is gone', async () => {
  const { ensure, said } = bench()
  engine.local.add('r.example.com/app:1')
  engine.pulls.set(`r.example.com/app@${digest('b')}`, [fine])

  expect((await ensure('r.example.com/app:1', { pinned: digest('a') })).id).toBe('id of r.example.com/app:1')
  expect((await ensure('r.example.com/app:1', { pinned: digest('b') })).digest).toBe(digest('b'))
  expect((await ensure('r.example.com/app:1', { pinned: digest('c') })).id).toBe('id of r.example.com/app:1')

  expect(said.at(-2)).toContain('the image of the run before cannot be had any more; this one takes what 1 says now')
})

test.each([
  [
    'no matching manifest for linux/amd64 in the manifest list entries',
    /does not exist for this machine's architecture/,
  ],
  ['write /var/lib/x: no space left on device', /does not fit on the disk/],
  ['http: server gave HTTP response to HTTPS client', /insecure registry/],
  ['pull access denied for app, repository does not exist or may require docker login', /without a login, or has none/],
])('an answer of %s is told with its cure', async (error, text) => {
  const { ensure } = bench()
  engine.pulls.set('r.example.com/app:1', [[{ error }]])

  await expect(ensure('r.example.com/app:1')).rejects.toThrow(text)
  expect(engine.asked).toHaveLength(1)
})

test('an image that came by its digest has it, also on an engine that knows no name of such an image', async () => {
  const name = `r.example.com/app@${digest('b')}`
  engine.pulls.set(name, [fine])
  engine.nameless.add(name)
  const { ensure } = bench()

  expect(await ensure('r.example.com/app:1', { pinned: digest('b') })).toMatchObject({
    name: 'r.example.com/app:1',
    digest: digest('b'),
  })
  expect((await ensure(name)).digest).toBe(digest('b'))
})
