import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, type GitHosting, type GitRevision, type RefRequest, type RepositoryName } from '@rondo/model'
import { git, spawnGit } from './git-process.ts'
import { flush, pktLine, readUntilFlush, remoteMessages } from './pkt-line.ts'
import { acceptedRefs, parseCommands } from './push-commands.ts'

const settings = {
  'http.receivepack': 'true',
  'receive.fsckObjects': 'true',
  'receive.maxInputSize': String(2 * 1024 * 1024 * 1024),
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
  'gc.auto': '0',
}

/** Bare repositories in a folder, served by the system's git. */
export function createGitHosting(folder: string): GitHosting {
  function pathOf(repository: RepositoryName): string {
    return join(folder, safeName(repository.organization), `${safeName(repository.name)}.git`)
  }

  return {
    async create(repository) {
      const path = pathOf(repository)
      if (existsSync(path)) return
      const fresh = `${path}.${process.pid}.new`
      await mkdir(dirname(path), { recursive: true, mode: 0o750 })
      await rm(fresh, { recursive: true, force: true })
      if ((await git(['init', '--quiet', '--bare', '--initial-branch=main', fresh])) === undefined) {
        throw new AppError(
          'unavailable',
          `The repository ${repository.organization}/${repository.name} could not be made in ${folder}. Check the space and the permissions there.`,
        )
      }
      for (const [name, value] of Object.entries(settings)) await git(['-C', fresh, 'config', name, value])
      await rename(fresh, path)
    },
    exists: async (repository) => existsSync(pathOf(repository)),
    async resolve(repository, request) {
      const path = pathOf(repository)
      const name = refName(request)
      if (!plainName.test(name)) return undefined
      const format = '%H%n%an%n%ae%n%s%n%b'
      const shown = await git([
        '-C',
        path,
        'show',
        '--no-patch',
        `--format=${format}`,
        '--end-of-options',
        `${name}^{commit}`,
      ])
      return shown && toRevision(shown.toString('utf8'), request)
    },
    readFile: (repository, revision, path, maxBytes) =>
      git(['-C', pathOf(repository), 'cat-file', 'blob', `${hex(revision)}:${path}`], maxBytes),
    async branches(repository) {
      const listed = await git([
        '-C',
        pathOf(repository),
        'for-each-ref',
        '--format=%(objectname) %(refname:strip=2)',
        'refs/heads',
      ])
      return (listed?.toString('utf8').trimEnd().split('\n') ?? [])
        .filter(Boolean)
        .map((line) => ({ revision: line.slice(0, 40), name: line.slice(41) }))
    },
    async *advertise(repository, service, protocol) {
      const child = spawnGit(
        [service.slice(4), '--stateless-rpc', '--http-backend-info-refs', pathOf(repository)],
        protocolVariable(protocol),
      )
      child.stdin.end()
      child.stderr.resume()
      if (protocol === undefined || !protocol.includes('version=2') || service === 'git-receive-pack')
        yield Buffer.concat([pktLine(`# service=${service}\n`), flush])
      yield* child.stdout
    },
    async *serve(repository, service, body, options) {
      const child = spawnGit(
        [service.slice(4), '--stateless-rpc', pathOf(repository)],
        protocolVariable(options.protocol),
        options.signal,
      )
      child.stderr.resume()
      if (service === 'git-upload-pack' || options.onPush === undefined) {
        void feed(body, child.stdin)
        yield* child.stdout
        return
      }
      const commands = feedPush(body, child.stdin)
      // The answer to a push is a short report, held back until the refs have been told on.
      const chunks: Buffer[] = []
      for await (const chunk of child.stdout) chunks.push(chunk)
      const answer = Buffer.concat(chunks)
      const accepted = acceptedRefs(answer)
      const moved = (await commands).filter((command) => accepted.has(command.ref))
      const messages = moved.length > 0 ? await options.onPush(moved) : []
      const sideBand = answer.length > 4 && answer.subarray(-4).equals(flush) && accepted.size > 0
      yield sideBand ? Buffer.concat([answer.subarray(0, -4), remoteMessages(messages), flush]) : answer
    },
  }
}

/** Names become folders: no traversal, nothing hidden, no option (rule D-25). */
function safeName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !name.endsWith('.git') && !name.endsWith('.lock')) return name
  throw new AppError(
    'bad-request',
    `"${name.slice(0, 100)}" cannot name an organisation or repository. Use letters, digits, ".", "_" and "-", starting with a letter or digit.`,
  )
}

function hex(revision: string): string {
  if (/^[0-9a-f]{40}$/.test(revision)) return revision
  throw new AppError('bad-request', `"${revision.slice(0, 100)}" is not a revision of 40 hexadecimal digits.`)
}

/** No branch or tag has these signs in its name; git would read `main~1` and `a..b` as other revisions. */
const plainName = /^(?!.*(\.\.|@\{))[^\p{Cc} ~^:?*[\\]+$/u

function refName(request: RefRequest): string {
  if (request.revision !== undefined) return hex(request.revision)
  return request.tag === undefined ? `refs/heads/${request.branch}` : `refs/tags/${request.tag}`
}

function toRevision(shown: string, request: RefRequest): GitRevision {
  // An annotated tag prints its own header first; the commit's lines start at its 40 digits.
  const lines = shown.split('\n')
  const at = lines.findIndex((line) => /^[0-9a-f]{40}$/.test(line))
  const [revision = '', authorName = '', authorEmail = '', subject = '', ...body] = lines.slice(at)
  return {
    revision,
    authorName,
    authorEmail,
    subject,
    body: body.join('\n').trim(),
    branch: request.branch ?? null,
    tag: request.tag ?? null,
  }
}

function protocolVariable(protocol: string | undefined): Record<string, string> {
  return protocol !== undefined && /^[\w=:.-]{1,100}$/.test(protocol) ? { GIT_PROTOCOL: protocol } : {}
}

async function feed(body: AsyncIterable<Uint8Array>, stdin: NodeJS.WritableStream): Promise<void> {
  try {
    for await (const chunk of body)
      if (!stdin.write(chunk)) await new Promise((resume) => stdin.once('drain', resume).once('close', resume))
  } catch {
    // The client went away: git sees the end of its input and gives up by itself.
  }
  stdin.end()
}

async function feedPush(
  body: AsyncIterable<Uint8Array>,
  stdin: NodeJS.WritableStream,
): Promise<ReturnType<typeof parseCommands>> {
  let head: Buffer | undefined = Buffer.alloc(0)
  let commands: ReturnType<typeof parseCommands> = []
  async function* watched(): AsyncIterable<Uint8Array> {
    for await (const chunk of body) {
      if (head !== undefined) {
        head = Buffer.concat([head, chunk])
        const read = readUntilFlush(head)
        if (read !== undefined || head.length > 1024 * 1024) {
          commands = parseCommands(read?.lines ?? [])
          head = undefined
        }
      }
      yield chunk
    }
  }
  await feed(watched(), stdin)
  return commands
}
