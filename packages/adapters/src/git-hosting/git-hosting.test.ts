import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { GitHosting, GitService, PushedRef } from '@rondo/model'
import { AppError } from '@rondo/model'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createGitHosting } from './git-hosting.ts'

const zeros = '0'.repeat(40)
const shop = { organization: 'acme', name: 'shop' }

let folder: string
let work: string
let hosting: GitHosting
let server: Server
let url: string
/** What the hosting told of pushes, and what is to be said to the pusher. */
let pushes: (readonly PushedRef[])[]
let say: (refs: readonly PushedRef[]) => Promise<readonly string[]>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hosting-'))
  work = join(folder, 'work')
  hosting = createGitHosting(join(folder, 'repositories'), { maxPackBytes: 3_000_000 })
  await hosting.create(shop)
  pushes = []
  say = async () => []
  server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/acme/shop.git`
  mkdirSync(work)
  await git('init', '-q', '-b', 'main')
  await git('remote', 'add', 'origin', url)
})

afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('pushing', () => {
  test('a push is told with its refs before and after, and its messages reach the pusher', async () => {
    say = async () => ['Pipeline 1 was started', 'http://ci.example/pipelines/1']
    const first = await commit({ 'a.txt': '1' }, 'one')

    const pushed = await git('push', 'origin', 'main')
    const second = await commit({ 'a.txt': '2' }, 'two')
    await git('push', 'origin', 'main', 'main:feature/x')

    expect(pushed.printed).toMatch(/remote: Pipeline 1 was started\s*\nremote: http:\/\/ci\.example\/pipelines\/1/)
    expect(pushes).toEqual([
      [{ ref: 'refs/heads/main', before: zeros, after: first }],
      [
        { ref: 'refs/heads/feature/x', before: zeros, after: second },
        { ref: 'refs/heads/main', before: first, after: second },
      ].sort(byRef),
    ])
    expect((await hosting.branches(shop)).toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'feature/x', revision: second },
      { name: 'main', revision: second },
    ])
  })

  test('refs are durable and readable by the time a push is told', async () => {
    let seen: string | undefined
    say = async () => {
      seen = (await hosting.resolve(shop, { branch: 'main' }))?.subject
      return []
    }
    await commit({ 'a.txt': '1' }, 'here already')

    await git('push', 'origin', 'main')

    expect(seen).toBe('here already')
  })

  test('a push of nothing new is not told', async () => {
    await commit({ 'a.txt': '1' }, 'one')
    await git('push', 'origin', 'main')

    const again = await git('push', 'origin', 'main')

    expect(again.printed).toContain('Everything up-to-date')
    expect(pushes).toHaveLength(1)
  })

  test('deleted branches and forced pushes are told; the old commit is the one before', async () => {
    const first = await commit({ 'a.txt': '1' }, 'one')
    await git('push', 'origin', 'main', 'main:old')
    await git('push', 'origin', ':old')
    await git('commit', '-q', '--amend', '-m', 'one, again')
    const amended = (await git('rev-parse', 'HEAD')).out.trim()
    await git('push', '-f', 'origin', 'main')

    expect(pushes.slice(1)).toEqual([
      [{ ref: 'refs/heads/old', before: first, after: zeros }],
      [{ ref: 'refs/heads/main', before: first, after: amended }],
    ])
    expect(await hosting.resolve(shop, { branch: 'old' })).toBeUndefined()
  })

  test('only the refs that git moved are told when others of the push are rejected', async () => {
    const first = await commit({ 'a.txt': '1' }, 'one')
    await git('push', 'origin', 'main')
    // The branch cannot be made: a part of its name is a branch itself.
    const pushed = await tryGit('push', 'origin', 'main:fine', 'main:main/below')

    expect(pushed.status).toBe(1)
    expect(pushed.printed).toContain('rejected')
    expect(pushes.slice(1)).toEqual([[{ ref: 'refs/heads/fine', before: zeros, after: first }]])
  })

  test('an atomic push of which a part is rejected moves nothing and is not told', async () => {
    await commit({ 'a.txt': '1' }, 'one')
    await git('push', 'origin', 'main')

    const pushed = await tryGit('push', '--atomic', 'origin', 'main:fine', 'main:main/below')

    expect(pushed.status).toBe(1)
    expect(pushes).toHaveLength(1)
  })

  test('an annotated tag is told by its own id and resolves to its commit', async () => {
    const first = await commit({ 'a.txt': '1' }, 'one')
    await git('tag', '-a', 'v1.0', '-m', 'first release')
    const tag = (await git('rev-parse', 'v1.0')).out.trim()

    await git('push', 'origin', 'v1.0')

    expect(pushes).toEqual([[{ ref: 'refs/tags/v1.0', before: zeros, after: tag }]])
    expect(await hosting.resolve(shop, { tag: 'v1.0' })).toMatchObject({
      revision: first,
      tag: 'v1.0',
      branch: null,
      subject: 'one',
    })
  })

  test('a push is told even when its pusher goes away before the answer', async () => {
    const head = await commit({ 'a.txt': '1' }, 'one')
    const line = `${zeros} ${head} refs/heads/main\0 report-status side-band-64k\n`
    const pack = await packOf(head)
    async function* body() {
      yield Buffer.from(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`)
      yield pack
    }
    const told: (readonly PushedRef[])[] = []
    const onPush = async (refs: readonly PushedRef[]) => {
      told.push(refs)
      return []
    }
    const serving = hosting.serve(shop, 'git-receive-pack', body(), {
      protocol: undefined,
      signal: new AbortController().signal,
      onPush,
    })

    // The first piece of the answer is taken, and no more.
    for await (const _ of serving) break

    const moved = (await hosting.branches(shop)).length === 1
    expect(told).toEqual(moved ? [[{ ref: 'refs/heads/main', before: zeros, after: head }]] : [])
  })

  test('a client that asks for no report is told of by what moved', async () => {
    const head = await commit({ 'a.txt': '1' }, 'one')
    const line = `${zeros} ${head} refs/heads/main\0 agent=tiny\n`
    const pack = await packOf(head)
    async function* body() {
      yield Buffer.concat([Buffer.from(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`), pack])
    }
    const onPush = async (refs: readonly PushedRef[]) => {
      pushes.push(refs)
      return ['nobody hears this']
    }

    const answer = await collect(
      hosting.serve(shop, 'git-receive-pack', body(), {
        protocol: undefined,
        signal: new AbortController().signal,
        onPush,
      }),
    )

    expect(pushes).toEqual([[{ ref: 'refs/heads/main', before: zeros, after: head }]])
    expect(answer.toString()).toBe('')
  })

  test('a refusal of what follows a push is told to the pusher, and the push stands', async () => {
    say = async () => {
      throw new AppError('conflict', 'The plan has no builds left.')
    }
    await commit({ 'a.txt': '1' }, 'one')

    const pushed = await git('push', 'origin', 'main')

    expect(pushed.printed).toContain('remote: The plan has no builds left.')
    expect(await hosting.branches(shop)).toHaveLength(1)
  })

  test('messages cannot drive the terminal of the pusher', async () => {
    say = async () => ['\u001b[31mred\u001b[0m\r\u0007 and\tplain\nnext']
    await commit({ 'a.txt': '1' }, 'one')

    const pushed = await git('push', 'origin', 'main')

    expect(pushed.printed).toContain('remote: [31mred[0m and\tplain')
    expect(pushed.printed).toContain('remote: next')
    expect(pushed.printed).not.toContain('\u001b[31m')
  })

  test('a pack past the limit is refused and nothing is told', async () => {
    await commit({ 'big.bin': randomBytes(6_000_000) }, 'big')

    const pushed = await tryGit('push', 'origin', 'main')

    expect(pushed.status).not.toBe(0)
    expect(pushes).toEqual([])
    expect(await hosting.branches(shop)).toEqual([])
  })

  test('a broken object is refused', async () => {
    await commit({ 'a.txt': '1' }, 'one')
    const tree = (await git('rev-parse', 'HEAD^{tree}')).out.trim()
    const bad = (
      await git('hash-object', '-t', 'commit', '-w', '--literally', '--stdin', {
        input: `tree ${tree}\nauthor nobody\n\nbad\n`,
      })
    ).out.trim()
    writeFileSync(join(work, '.git/refs/heads/bad'), `${bad}\n`)

    const pushed = await tryGit('push', 'origin', 'bad')

    expect(pushed.status).not.toBe(0)
    expect(pushed.printed).toMatch(/fsck error|missingEmail|badDate|missing/i)
    expect(pushes).toEqual([])
  })

  test('a body that is no push is refused, and a canceled one ends', async () => {
    const options = { protocol: undefined, signal: new AbortController().signal, onPush: async () => [] }
    const nonsense = collect(hosting.serve(shop, 'git-receive-pack', chunks('this is no push at all'), options))
    await expect(nonsense).rejects.toMatchObject({ code: 'bad-request' })

    const stop = new AbortController()
    const silent = collect(hosting.serve(shop, 'git-receive-pack', never(), { ...options, signal: stop.signal }))
    setTimeout(() => stop.abort(), 50)
    await expect(silent).rejects.toThrow(/abort/i)
  })
})

describe('fetching', () => {
  test.each(['0', '1', '2'])(
    'a clone by protocol version %s has everything, and a fetch what came later',
    async (version) => {
      const first = await commit({ 'a.txt': '1', 'deep/b.txt': '2' }, 'one')
      await git('push', 'origin', 'main')
      const clone = join(folder, 'clone')
      await git('-c', `protocol.version=${version}`, 'clone', '-q', url, clone)
      const second = await commit({ 'a.txt': '3' }, 'two')
      await git('push', 'origin', 'main')
      await git('-C', clone, '-c', `protocol.version=${version}`, 'fetch', '-q')

      expect((await git('-C', clone, 'rev-parse', 'HEAD', 'origin/main')).out.trim().split('\n')).toEqual([
        first,
        second,
      ])
      expect(readFileSync(join(clone, 'deep/b.txt'), 'utf8')).toBe('2')
    },
  )

  test('shallow and partial clones, and single commits by their id', async () => {
    const first = await commit({ 'a.txt': '1' }, 'one')
    await commit({ 'a.txt': '2' }, 'two')
    await git('push', 'origin', 'main')

    await git('clone', '-q', '--depth=1', url, join(folder, 'shallow'))
    await git('clone', '-q', '--filter=blob:none', '--no-checkout', url, join(folder, 'partial'))
    await git('init', '-q', join(folder, 'single'))
    await git('-C', join(folder, 'single'), 'fetch', '-q', '--depth=1', url, first)

    expect((await git('-C', join(folder, 'shallow'), 'rev-list', '--count', 'HEAD')).out.trim()).toBe('1')
    expect(
      (await git('-C', join(folder, 'partial'), 'rev-list', '--objects', '--missing=print', 'HEAD')).out,
    ).toContain('?')
    expect((await git('-C', join(folder, 'single'), 'rev-parse', 'FETCH_HEAD')).out.trim()).toBe(first)
  })

  test('an empty repository can be cloned', async () => {
    const cloned = await git('clone', url, join(folder, 'empty'))

    expect(cloned.printed).toContain('empty repository')
  })

  test('a repository that is not there is not found', async () => {
    const nothing = { organization: 'acme', name: 'nothing' }

    await expect(collect(hosting.advertise(nothing, 'git-upload-pack', undefined))).rejects.toMatchObject({
      code: 'not-found',
    })
    await expect(hosting.branches(nothing)).rejects.toMatchObject({ code: 'not-found' })
    expect(await hosting.exists(nothing)).toBe(false)
    expect(await hosting.resolve(nothing, { branch: 'main' })).toBeUndefined()
    expect(await hosting.readFile(nothing, zeros, 'a', 10)).toBeUndefined()
  })
})

describe('reading', () => {
  test('a branch, a tag and a revision resolve to a commit with its author and message', async () => {
    const revision = await commit(
      { 'a.txt': '1' },
      'Make it  work\nat last\n\nFirst reason.\n\nSecond reason: ünïcode.',
    )
    await git('tag', 'light')
    await git('push', 'origin', 'main', 'light')
    const expected = {
      revision,
      authorName: 'Dev Eloper',
      authorEmail: 'dev@example.com',
      subject: 'Make it  work at last',
      body: 'First reason.\n\nSecond reason: ünïcode.',
    }

    expect(await hosting.resolve(shop, { branch: 'main' })).toEqual({ ...expected, branch: 'main', tag: null })
    expect(await hosting.resolve(shop, { tag: 'light' })).toEqual({ ...expected, branch: null, tag: 'light' })
    expect(await hosting.resolve(shop, { revision, branch: 'main' })).toEqual({
      ...expected,
      branch: 'main',
      tag: null,
    })
    expect(await hosting.resolve(shop, { revision: 'a'.repeat(40) })).toBeUndefined()
    expect(await hosting.resolve(shop, {})).toBeUndefined()
  })

  test('a message in another encoding is read in it', async () => {
    writeFileSync(join(work, 'message'), Buffer.from('Gr\xfc\xdfe', 'latin1'))
    await git('-c', 'i18n.commitEncoding=ISO-8859-1', 'commit', '-q', '--allow-empty', '-F', 'message')
    await git('push', 'origin', 'main')

    expect((await hosting.resolve(shop, { branch: 'main' }))?.subject).toBe('Grüße')
  })

  test('files are read whole at their revision, and refused past the limit', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 0])
    const old = await commit({ '.circleci/config.yml': 'version: 2.1\n', 'bin dir/raw': bytes }, 'one')
    await commit({ '.circleci/config.yml': 'version: 2.1 # newer\n' }, 'two')
    await git('push', 'origin', 'main')

    expect((await hosting.readFile(shop, old, '.circleci/config.yml', 100))?.toString()).toBe('version: 2.1\n')
    expect(await hosting.readFile(shop, old, 'bin dir/raw', 5)).toEqual(bytes)
    for (const path of ['missing', '.circleci', '', '/etc/passwd', '../x', './x', '..', 'a\nb', 'x'.repeat(5000)]) {
      expect(await hosting.readFile(shop, old, path, 100)).toBeUndefined()
    }
    await expect(hosting.readFile(shop, old, '.circleci/config.yml', 12)).rejects.toMatchObject({ code: 'too-large' })
    await expect(hosting.readFile(shop, 'main', 'a', 12)).rejects.toMatchObject({ code: 'bad-request' })
  })

  test('an expression of git is no branch and no tag', async () => {
    const expressions = ['main~1', 'main^', 'main@{0}', 'main:a.txt', '@{-1}', 'HEAD:', 'main^{tree}', ':/one', 'ma*']
    const names = [
      '..',
      'a..b',
      '-main',
      '--all',
      '/main',
      'main/',
      'ma in',
      'main.lock',
      '.main',
      'x\u0000y',
      'x\ny',
      '',
    ]
    await commit({ 'a.txt': '1' }, 'one')
    await commit({ 'a.txt': '2' }, 'two')
    await git('push', 'origin', 'main', 'main:refs/tags/main')

    for (const name of [...expressions, ...names]) {
      expect(await hosting.resolve(shop, { branch: name })).toBeUndefined()
      expect(await hosting.resolve(shop, { tag: name })).toBeUndefined()
    }
    expect(await hosting.resolve(shop, { branch: 'main' })).toBeDefined()
  })
})

describe('names', () => {
  test.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    '-x',
    '--upload-pack=x',
    '.hidden',
    'x.git',
    'x.GIT',
    'x.lock',
    'x.',
    'a b',
    'a\u0000',
    'ä',
    'a'.repeat(101),
  ])('%j names nothing', async (name) => {
    await expect(hosting.create({ organization: 'acme', name })).rejects.toMatchObject({ code: 'bad-request' })
    await expect(hosting.create({ organization: name, name: 'x' })).rejects.toMatchObject({ code: 'bad-request' })
    expect(readdirSync(join(folder, 'repositories', 'acme'))).toEqual(['shop.git'])
  })

  test('making a repository twice, and at the same time, makes one', async () => {
    const other = { organization: 'acme', name: 'other_1.2-x' }

    await Promise.all([hosting.create(other), hosting.create(other), hosting.create(other)])
    await hosting.create(other)

    expect(await hosting.exists(other)).toBe(true)
    expect(readdirSync(join(folder, 'repositories', 'acme')).toSorted()).toEqual(['other_1.2-x.git', 'shop.git'])
    expect(readdirSync(join(folder, 'repositories', '.unfinished'))).toEqual([])
  })
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = new URL(request.url ?? '', 'http://x')
  const protocol = request.headers['git-protocol'] as string | undefined
  if (asked.pathname.endsWith('/info/refs')) {
    const service = asked.searchParams.get('service') as GitService
    response.setHeader('content-type', `application/x-${service}-advertisement`)
    return pipeline(hosting.advertise(shop, service, protocol), response)
  }
  const service = asked.pathname.split('/').at(-1) as GitService
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request
  response.setHeader('content-type', `application/x-${service}-result`)
  const onPush = async (refs: readonly PushedRef[]) => {
    pushes.push(refs.toSorted(byRef))
    return say(refs)
  }
  await pipeline(
    hosting.serve(shop, service, body, { protocol, signal: new AbortController().signal, onPush }),
    response,
  )
}

function byRef(a: PushedRef, b: PushedRef): number {
  return a.ref.localeCompare(b.ref)
}

async function commit(files: Readonly<Record<string, string | Buffer>>, message: string): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(work, name)), { recursive: true })
    writeFileSync(join(work, name), content)
  }
  await git('add', '-A')
  await git('commit', '-q', '-m', message)
  return (await git('rev-parse', 'HEAD')).out.trim()
}

/** A pack of everything that a commit needs. */
async function packOf(revision: string): Promise<Buffer> {
  const file = join(folder, 'pack')
  const packed = await git('pack-objects', '--revs', file, { input: `${revision}\n` })
  return readFileSync(`${file}-${packed.out.trim()}.pack`)
}

type Ran = { readonly status: number | null; readonly out: string; readonly printed: string }

async function git(...args: (string | { input: string })[]): Promise<Ran> {
  const ran = await tryGit(...args)
  if (ran.status !== 0) throw new Error(`git ${args.join(' ')}: ${ran.printed}`)
  return ran
}

/** The user's git, beside the server in this process, so never waited for synchronously. */
async function tryGit(...given: (string | { input: string })[]): Promise<Ran> {
  const args = given.filter((arg) => typeof arg === 'string')
  const input = given.find((arg) => typeof arg === 'object')?.input ?? ''
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: folder,
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Dev Eloper',
    GIT_AUTHOR_EMAIL: 'dev@example.com',
    GIT_COMMITTER_NAME: 'Dev Eloper',
    GIT_COMMITTER_EMAIL: 'dev@example.com',
  }
  const child = spawn('git', args, { cwd: work, env })
  let out = ''
  let printed = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (printed += chunk))
  child.stdin.on('error', () => {}).end(input)
  const [status] = await once(child, 'close')
  return { status, out, printed }
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function* never(): AsyncGenerator<Uint8Array> {
  await new Promise(() => {})
}
