import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { GitHosting, GitService, PushedRef, PushListener } from '@rondo/model'
import { createGitHosting } from '../git-hosting.ts'

export const zeros = '0'.repeat(40)
export const shop = { organization: 'acme', name: 'shop' }

export interface Ran {
  readonly status: number | null
  readonly out: string
  readonly printed: string
}

type Argument = string | { readonly input: string }

/** A hosting behind HTTP with one repository, and a clone of it in which the user's git runs. */
export interface GitWorld {
  readonly folder: string
  readonly work: string
  readonly hosting: GitHosting
  readonly url: string
  /** What the hosting told of pushes. */
  readonly pushes: (readonly PushedRef[])[]
  /** Throws to keep refs from being moved. */
  allow: (refs: readonly PushedRef[]) => Promise<void>
  /** What is said to the pusher. */
  say: (refs: readonly PushedRef[]) => Promise<readonly string[]>
  git(...args: Argument[]): Promise<Ran>
  tryGit(...args: Argument[]): Promise<Ran>
  commit(files: Readonly<Record<string, string | Buffer>>, message: string): Promise<string>
  /** A pack of everything that a commit needs. */
  packOf(revision: string): Promise<Buffer>
  stop(): void
}

export async function startGitWorld(): Promise<GitWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'hosting-'))
  const work = join(folder, 'work')
  const hosting = createGitHosting(join(folder, 'repositories'), { maxPackBytes: 3_000_000 })
  await hosting.create(shop)
  const server = createServer(
    (request, response) => void answer(world, request, response).catch(() => response.destroy()),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  mkdirSync(work)

  const world: GitWorld = {
    folder,
    work,
    hosting,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/acme/shop.git`,
    pushes: [],
    allow: async () => {},
    say: async () => [],
    async git(...args) {
      const ran = await runGit(world, args)
      if (ran.status !== 0) throw new Error(`git ${args.join(' ')}: ${ran.printed}`)
      return ran
    },
    tryGit: (...args) => runGit(world, args),
    async commit(files, message) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(work, name)), { recursive: true })
        writeFileSync(join(work, name), content)
      }
      await world.git('add', '-A')
      await world.git('commit', '-q', '-m', message)
      return (await world.git('rev-parse', 'HEAD')).out.trim()
    },
    async packOf(revision) {
      const file = join(folder, 'pack')
      const packed = await world.git('pack-objects', '--revs', file, { input: `${revision}\n` })
      return readFileSync(`${file}-${packed.out.trim()}.pack`)
    },
    stop() {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await world.git('init', '-q', '-b', 'main')
  await world.git('remote', 'add', 'origin', world.url)
  return world
}

async function answer(world: GitWorld, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = new URL(request.url ?? '', 'http://x')
  const protocol = request.headers['git-protocol'] as string | undefined
  if (asked.pathname.endsWith('/info/refs')) {
    const service = asked.searchParams.get('service') as GitService
    response.setHeader('content-type', `application/x-${service}-advertisement`)
    return pipeline(world.hosting.advertise(shop, service, protocol), response)
  }
  const service = asked.pathname.split('/').at(-1) as GitService
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request
  response.setHeader('content-type', `application/x-${service}-result`)
  const onPush = following(async (refs) => {
    if (refs.length > 0) world.pushes.push(refs.toSorted(byRef))
    return world.say(refs)
  }, world.allow)
  await pipeline(
    world.hosting.serve(shop, service, body, { protocol, signal: new AbortController().signal, onPush }),
    response,
  )
}

/** Listens for what moved; `allow` may refuse what is announced. */
export function following(
  moved: (refs: readonly PushedRef[]) => Promise<readonly string[]>,
  allow: (refs: readonly PushedRef[]) => Promise<void> = async () => {},
): PushListener {
  return { announced: allow, moved }
}

export function byRef(a: PushedRef, b: PushedRef): number {
  return a.ref.localeCompare(b.ref)
}

/** The user's git, beside the server in this process, so never waited for synchronously. */
async function runGit({ folder, work }: GitWorld, given: readonly Argument[]): Promise<Ran> {
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

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}
