import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { AppError, type GitHosting, type GitService, type PushedRef, type PushListener } from '@rondo/model'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createGitHosting } from './git-hosting.ts'

const zeros = '0'.repeat(40)
let folder: string
let hosting: GitHosting
let server: Server
let base: string
let pushes: (readonly PushedRef[])[]
let counter = 0
let repository: { organization: string; name: string }
let clone: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hosting-'))
  hosting = createGitHosting(join(folder, 'repositories'))
  server = createServer((request, response) => {
    const match = /^\/([\w.-]+)\/([\w.-]+)\.git\/(info\/refs\?service=)?(git-upload-pack|git-receive-pack)$/.exec(
      request.url ?? '',
    )
    const [, organization = '', name = '', info, service = ''] = match ?? []
    const protocol = request.headers['git-protocol'] as string | undefined
    const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request
    const onPush: PushListener = {
      announced: async () => {},
      async moved(refs, said) {
        if (refs.length > 0) pushes.push(refs)
        return [...refs.map((moved) => `told of ${moved.ref}`), ...said.map((option) => `heard ${option}`)]
      },
    }
    response.setHeader(
      'content-type',
      info ? `application/x-${service}-advertisement` : `application/x-${service}-result`,
    )
    const answer = info
      ? hosting.advertise({ organization, name }, service as GitService, protocol)
      : hosting.serve({ organization, name }, service as GitService, body, {
          protocol,
          signal: new AbortController().signal,
          ...(service === 'git-receive-pack' ? { onPush } : {}),
        })
    void (async () => {
      for await (const chunk of answer) response.write(chunk)
      response.end()
    })()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})

beforeEach(async () => {
  pushes = []
  repository = { organization: 'acme', name: `app-${++counter}` }
  await hosting.create(repository)
  clone = mkdtempSync(join(folder, 'clone-'))
  await run('init', '-q', '-b', 'main')
  await run('remote', 'add', 'origin', `${base}/acme/${repository.name}.git`)
})

afterAll(async () => {
  await new Promise((closed) => server.close(closed))
  rmSync(folder, { recursive: true, force: true })
})

describe('pushing with the git client', () => {
  test('a first push is told with its ref and revision, and its message is shown as remote:', async () => {
    const revision = await commit('first')

    const shown = await run('push', 'origin', 'HEAD:main')

    expect(pushes).toEqual([[{ ref: 'refs/heads/main', before: zeros, after: revision }]])
    expect(shown).toMatch(/^remote: told of refs\/heads\/main\s*$/m)
    expect(await hosting.resolve(repository, { branch: 'main' })).toMatchObject({
      revision,
      branch: 'main',
      tag: null,
      subject: 'first',
      authorName: 'Developer',
      authorEmail: 'dev@example.com',
    })
    expect(await hosting.branches(repository)).toEqual([{ name: 'main', revision }])
  })

  test('what the pusher says with --push-option is told with the refs', async () => {
    await commit('first')

    const shown = await run('push', '-o', 'pull-request=https://git.example.com/7', '-o', 'more', 'origin', 'HEAD:main')

    expect(pushes).toHaveLength(1)
    expect(shown).toMatch(/^remote: heard pull-request=https:\/\/git\.example\.com\/7\s*$/m)
    expect(shown).toMatch(/^remote: heard more\s*$/m)
  })

  test('several refs are told in one call, annotated tags with the commit they name', async () => {
    const revision = await commit('tagged')
    await run('tag', '-a', 'v1.0', '-m', 'release')
    await run('tag', 'light')

    await run('push', 'origin', 'HEAD:main', 'HEAD:dev/one', 'v1.0', 'light')

    const tag = (await run('rev-parse', 'v1.0')).trim()
    expect(pushes).toHaveLength(1)
    expect(Object.fromEntries(pushes[0]!.map((moved) => [moved.ref, moved.after]))).toEqual({
      'refs/heads/main': revision,
      'refs/heads/dev/one': revision,
      'refs/tags/v1.0': tag,
      'refs/tags/light': revision,
    })
    expect(tag).not.toBe(revision)
    expect(await hosting.resolve(repository, { tag: 'v1.0' })).toMatchObject({
      revision,
      tag: 'v1.0',
      branch: null,
      subject: 'tagged',
    })
  })

  test('a force-push names what was before, and the newest is what a branch names', async () => {
    const before = await commit('first')
    await run('push', 'origin', 'HEAD:main')
    await run('commit', '-q', '--amend', '--allow-empty', '-m', 'rewritten')
    const after = (await run('rev-parse', 'HEAD')).trim()

    await run('push', '--force', 'origin', 'HEAD:main')

    expect(pushes[1]).toEqual([{ ref: 'refs/heads/main', before, after }])
    expect((await hosting.resolve(repository, { branch: 'main' }))?.subject).toBe('rewritten')
    expect((await hosting.resolve(repository, { revision: before }))?.subject).toBe('first')
  })

  test('a deleted branch is told with zeros and names nothing any more', async () => {
    const revision = await commit('first')
    await run('push', 'origin', 'HEAD:main', 'HEAD:gone')

    await run('push', 'origin', '--delete', 'gone')

    expect(pushes[1]).toEqual([{ ref: 'refs/heads/gone', before: revision, after: zeros }])
    expect(await hosting.resolve(repository, { branch: 'gone' })).toBeUndefined()
  })

  test('what git refuses is not told', async () => {
    await commit('first')
    await run('push', 'origin', 'HEAD:main')
    await commit('second')
    await run('push', 'origin', 'HEAD:main')
    const other = mkdtempSync(join(folder, 'stale-'))
    await runIn(other, 'init', '-q', '-b', 'main')
    await runIn(other, 'commit', '-q', '--allow-empty', '-m', 'unrelated')

    await expect(runIn(other, 'push', `${base}/acme/${repository.name}.git`, 'HEAD:main')).rejects.toThrow(/rejected/)

    expect(pushes).toHaveLength(2)
  })

  test('a large push arrives whole and can be cloned again [I-010]', async () => {
    const { randomBytes } = await import('node:crypto')
    const bytes = randomBytes(5_000_000)
    writeFileSync(join(clone, 'large.bin'), bytes)
    await run('add', '.')
    const revision = await commit('large')
    await run('push', 'origin', 'HEAD:main')

    const again = join(folder, `again-${counter}`)
    await runIn(folder, 'clone', '-q', `${base}/acme/${repository.name}.git`, again)

    expect((await runIn(again, 'rev-parse', 'HEAD')).trim()).toBe(revision)
    expect((await hosting.readFile(repository, revision, 'large.bin', 6_000_000))?.equals(bytes)).toBe(true)
  })
})

describe('looking into a repository', () => {
  test('a file is read at its revision; a missing one is undefined and a large one refused', async () => {
    writeFileSync(join(clone, 'config.yml'), 'version: 2.1\n')
    await run('add', '.')
    const revision = await commit('config')
    await run('push', 'origin', 'HEAD:main')

    expect((await hosting.readFile(repository, revision, 'config.yml', 100))?.toString()).toBe('version: 2.1\n')
    expect(await hosting.readFile(repository, revision, 'missing.yml', 100)).toBeUndefined()
    expect(await hosting.readFile(repository, zeros, 'config.yml', 100)).toBeUndefined()
    await expect(hosting.readFile(repository, revision, 'config.yml', 5)).rejects.toMatchObject({ code: 'too-large' })
  })

  test.each([
    'missing',
    'main~1',
    'main^',
    'main..dev',
    'main:config.yml',
    'main@{0}',
    '../tags/v1',
    '--help',
    '',
    'a b',
    'nul\0',
  ])('%j names no branch and no tag', async (name) => {
    await commit('first')
    await commit('second')
    await run('tag', 'v1')
    await run('push', 'origin', 'HEAD:main', 'HEAD:dev', 'v1')

    expect(await hosting.resolve(repository, { branch: name })).toBeUndefined()
    expect(await hosting.resolve(repository, { tag: name })).toBeUndefined()
  })

  test('a commit keeps its lines, whatever they look like', async () => {
    const revision = await commit(`subject ✓\n\n${zeros}\n\nlast line`)
    await run('push', 'origin', 'HEAD:main')

    expect(await hosting.resolve(repository, { revision })).toMatchObject({
      revision,
      subject: 'subject ✓',
      body: `${zeros}\n\nlast line`,
    })
  })
})

describe('names', () => {
  test.each(['..', '.', '', '-x', '.hidden', 'a/b', 'a\\b', 'a\0b', 'x.git', 'x.lock', 'a'.repeat(101), 'ä'])(
    '%j names no repository and no organisation',
    async (name) => {
      await expect(hosting.create({ organization: 'acme', name })).rejects.toBeInstanceOf(AppError)
      await expect(hosting.create({ organization: name, name: 'app' })).rejects.toMatchObject({ code: 'bad-request' })
      await expect(hosting.exists({ organization: name, name: 'app' })).rejects.toMatchObject({ code: 'bad-request' })
    },
  )

  test('making a repository again keeps what is in it', async () => {
    const revision = await commit('first')
    await run('push', 'origin', 'HEAD:main')

    await hosting.create(repository)

    expect((await hosting.resolve(repository, { branch: 'main' }))?.revision).toBe(revision)
    expect(await hosting.exists(repository)).toBe(true)
    expect(await hosting.exists({ organization: 'acme', name: 'nothing' })).toBe(false)
  })
})

async function commit(message: string): Promise<string> {
  await run('commit', '-q', '--allow-empty', '-m', message)
  return (await run('rev-parse', 'HEAD')).trim()
}

function run(...args: string[]): Promise<string> {
  return runIn(clone, ...args)
}

/** What git printed; rejects with it when git fails. */
async function runIn(cwd: string, ...args: string[]): Promise<string> {
  const identity = {
    GIT_AUTHOR_NAME: 'Developer',
    GIT_AUTHOR_EMAIL: 'dev@example.com',
    GIT_COMMITTER_NAME: 'Developer',
    GIT_COMMITTER_EMAIL: 'dev@example.com',
  }
  const child = spawn('git', args, {
    cwd,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, GIT_TERMINAL_PROMPT: '0', ...identity },
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const status = await new Promise((ended) => child.once('close', ended))
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${printed}`)
  return printed
}
