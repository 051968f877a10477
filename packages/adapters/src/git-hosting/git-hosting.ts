import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, type GitHosting, type RepositoryName } from '@rondo/model'
import { sweepFolder } from '../sweep-folder.ts'
import { parseCommit } from './commit.ts'
import { git } from './git-process.ts'
import { refOf, safeName, safeRevision } from './names.ts'
import { createObjectReader } from './object-reader.ts'
import { flush, pktLine } from './pkt-line.ts'
import { reached } from './reached.ts'
import { advertise, serveFetch, servePush } from './serve.ts'

export interface GitHostingOptions {
  /** Largest pack that a push may bring, in bytes. Default 2 GiB. */
  readonly maxPackBytes?: number
  /** Other processes work in the folder too. Default false. */
  readonly shared?: boolean
}

const maxCommitBytes = 1024 * 1024

/** Bare repositories in a folder, `<organization>/<name>.git`, served by the system's git. */
export function createGitHosting(folder: string, options: GitHostingOptions = {}): GitHosting {
  const maxPackBytes = options.maxPackBytes ?? 2 * 1024 ** 3
  const objects = createObjectReader()
  // Repositories get their name when they are whole. No organisation's name starts with a dot.
  const unfinished = join(folder, '.unfinished')
  sweepFolder(unfinished, { shared: options.shared ?? false })

  function pathOf(repository: RepositoryName): string {
    return join(folder, safeName(repository.organization), `${safeName(repository.name)}.git`)
  }

  function existing(repository: RepositoryName): string {
    const path = pathOf(repository)
    if (existsSync(path)) return path
    throw new AppError(
      'not-found',
      `There is no repository ${repository.organization}/${repository.name}. Create the project first.`,
    )
  }

  return {
    async create(repository) {
      const path = pathOf(repository)
      if (existsSync(path)) return
      const fresh = join(unfinished, randomUUID())
      await mkdir(dirname(path), { recursive: true, mode: 0o750 })
      try {
        await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', fresh])
        await rename(fresh, path)
      } catch (cause) {
        await rm(fresh, { recursive: true, force: true })
        // Somebody else made it at the same time.
        if (existsSync(path)) return
        throw notMade(repository, folder, cause)
      }
    },
    exists: async (repository) => existsSync(pathOf(repository)),
    async resolve(repository, request) {
      const path = pathOf(repository)
      const ref = refOf(request)
      if (ref === undefined || !existsSync(path)) return undefined
      const commit = await objects.read(path, `${ref}^{commit}`, maxCommitBytes)
      return (
        commit && {
          revision: commit.id,
          branch: request.branch ?? null,
          tag: request.tag ?? null,
          ...parseCommit(commit.content),
        }
      )
    },
    async readFile(repository, revision, path, maxBytes) {
      const name = `${safeRevision(revision)}:${path}`
      // Git reads a leading dot as "beside the current folder", which there is none of here.
      if (path.includes('\n') || /^\.\.?(\/|$)/.test(path) || !existsSync(pathOf(repository))) return undefined
      const file = await objects.read(pathOf(repository), name, maxBytes)
      return file?.type === 'blob' ? file.content : undefined
    },
    async branches(repository) {
      const listed = await git([
        '-C',
        existing(repository),
        'for-each-ref',
        '--format=%(objectname) %(refname:lstrip=2)',
        'refs/heads',
      ])
      const lines = listed.toString('utf8').split('\n').filter(Boolean)
      return lines.map((line) => ({ revision: line.slice(0, 40), name: line.slice(41) }))
    },
    reached: async (repository, push) => existsSync(pathOf(repository)) && reached(pathOf(repository), push),
    async *advertise(repository, service, protocol) {
      const path = existing(repository)
      // Only fetches know version 2, which begins without this line.
      if (service === 'git-receive-pack' || !protocol?.includes('version=2'))
        yield Buffer.concat([pktLine(`# service=${service}\n`), flush])
      yield* advertise(path, service, protocol)
    },
    async *serve(repository, service, body, serving) {
      const exchange = { path: existing(repository), body, options: serving, maxPackBytes }
      yield* service === 'git-receive-pack' ? servePush(exchange) : serveFetch(exchange)
    },
    async *converse(repository, service, body, serving) {
      const exchange = { path: existing(repository), body, options: serving, maxPackBytes }
      if (service === 'git-upload-pack') {
        yield* serveFetch({ ...exchange, conversing: true })
        return
      }
      yield* advertise(exchange.path, service, serving.protocol)
      yield* servePush(exchange)
    },
  }
}

function notMade(repository: RepositoryName, folder: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const name = `${repository.organization}/${repository.name}`
  return new AppError(
    'unavailable',
    `The repository ${name} could not be made in ${folder}. Check the space and the permissions there.`,
    { cause },
  )
}
