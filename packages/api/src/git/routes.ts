import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError, type GitService, type Project, type PushedRef, type User } from '@rondo/model'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../access.ts'
import { type Authenticator, basicOf } from '../authenticate.ts'
import { hashToken } from '../credentials.ts'
import type { WebOptions, WebPorts } from '../ports.ts'

type Asker =
  | { readonly kind: 'user'; readonly user: User; readonly via: 'token' }
  | { readonly kind: 'attempt'; readonly projectId: string }
interface Params {
  readonly org: string
  readonly repo: string
}

const zeros = /^0+$/

/** Git over smart HTTP for the built-in hosting. */
export function registerGit(
  server: FastifyInstance,
  ports: WebPorts,
  auth: Authenticator,
  access: Access,
  options: WebOptions,
): void {
  server.register(async (scope) => {
    // Packs are streamed, whatever their size; git's own limits apply.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

    scope.get('/git/:org/:repo/info/refs', async (request, reply) => {
      const service = (request.query as { service?: string }).service
      if (service !== 'git-upload-pack' && service !== 'git-receive-pack')
        throw new AppError('bad-request', 'Only the smart protocol is spoken here. Use git 1.6.6 or newer.')
      const asker = await ask(request, reply)
      if (asker === undefined) return reply
      const project = await openProject(asker, request.params as Params, service)
      reply.header('cache-control', 'no-cache').type(`application/x-${service}-advertisement`)
      return reply.send(Readable.from(ports.hosting.advertise(repositoryOf(project), service, protocolOf(request))))
    })
    for (const service of ['git-upload-pack', 'git-receive-pack'] as const) {
      scope.post(`/git/:org/:repo/${service}`, async (request, reply) => {
        const asker = await ask(request, reply)
        if (asker === undefined) return reply
        const project = await openProject(asker, request.params as Params, service)
        const body = request.body as NodeJS.ReadableStream
        const bytes = request.headers['content-encoding'] === 'gzip' ? body.pipe(createGunzip()) : body
        const gone = new AbortController()
        request.raw.once('error', () => gone.abort())
        const onPush =
          asker.kind === 'user' && service === 'git-receive-pack'
            ? { onPush: (refs: readonly PushedRef[]) => pushed(project, asker.user, refs) }
            : {}
        reply.type(`application/x-${service}-result`).header('cache-control', 'no-cache')
        return reply.send(
          Readable.from(
            ports.hosting.serve(repositoryOf(project), service, bytes as AsyncIterable<Uint8Array>, {
              protocol: protocolOf(request),
              signal: gone.signal,
              ...onPush,
            }),
          ),
        )
      })
    }
  })

  async function ask(request: FastifyRequest, reply: FastifyReply): Promise<Asker | undefined> {
    const basic = basicOf(request.headers.authorization ?? '')
    if (basic === undefined) {
      await reply
        .code(401)
        .header('www-authenticate', 'Basic realm="Rondo"')
        .type('text/plain')
        .send('A personal API token is needed: give it as the password.\n')
      return undefined
    }
    const projectId = await ports.attemptProject(basic.password)
    if (projectId !== undefined) return { kind: 'attempt', projectId }
    const { userByTokenHash } = ports.accounts
    const user = await auth.attempt(
      request,
      async () =>
        (await userByTokenHash(hashToken(basic.password))) ?? (await userByTokenHash(hashToken(basic.username))),
    )
    if (user !== undefined) return { kind: 'user', user, via: 'token' }
    await reply
      .code(401)
      .header('www-authenticate', 'Basic realm="Rondo"')
      .type('text/plain')
      .send('That token is not known. Make one under your settings and give it as the password.\n')
    return undefined
  }

  /** A member's first push makes the project. */
  async function openProject(asker: Asker, params: Params, service: GitService): Promise<Project> {
    const name = params.repo.replace(/\.git$/, '')
    const missing = new AppError('not-found', `Repository ${params.org}/${name} not found`)
    const project = await ports.accounts.projectByName('github', params.org, name)
    if (asker.kind === 'attempt') {
      if (project?.id !== asker.projectId || service !== 'git-upload-pack') throw missing
      return project
    }
    const right = service === 'git-receive-pack' ? 'contribute' : 'view'
    const organization = await access.organization(asker, `gh/${params.org}`, right).catch((cause: unknown) => {
      throw cause instanceof AppError && cause.code === 'not-found' ? missing : cause
    })
    const repository = { organization: organization.name, name }
    if (!(await ports.hosting.exists(repository))) {
      if (service !== 'git-receive-pack') throw missing
      await ports.hosting.create(repository)
    }
    if (project !== undefined) return project
    if (service !== 'git-receive-pack') throw missing
    return ports.accounts.createProject({ organizationId: organization.id, name, defaultBranch: 'main' })
  }

  /** What the pusher reads after `remote:`. The push has happened; trouble with a pipeline is told, never thrown. */
  async function pushed(project: Project, user: User, refs: readonly PushedRef[]): Promise<readonly string[]> {
    const lines: string[] = []
    for (const moved of refs) {
      const branch = /^refs\/heads\/(.+)$/.exec(moved.ref)?.[1]
      const tag = /^refs\/tags\/(.+)$/.exec(moved.ref)?.[1]
      if (zeros.test(moved.after) || (branch === undefined && tag === undefined)) continue
      try {
        const ref = branch === undefined ? { tag: tag ?? '' } : { branch }
        const pipeline = await ports.actions.trigger({
          project,
          trigger: 'webhook',
          actorId: user.id,
          ref,
          parameters: {},
          ...(zeros.test(moved.before) ? {} : { baseRevision: moved.before }),
        })
        if (pipeline === undefined) lines.push(`The head commit of ${branch ?? tag} asks to skip CI: no pipeline.`)
        else if (pipeline.state === 'errored')
          lines.push(
            `Pipeline ${pipeline.number} could not start:`,
            ...pipeline.errors.flatMap((error) => error.message.split('\n')).slice(0, 20),
            `${options.publicUrl}/pipeline/${pipeline.id}`,
          )
        else
          lines.push(
            `Pipeline ${pipeline.number}: ${options.publicUrl}/pipeline/${pipeline.id}`,
            ...pipeline.warnings.flatMap(({ message }) => message.split('\n')).slice(0, 20),
          )
      } catch (error) {
        options.onError(error, { method: 'PUSH', url: `${project.organizationName}/${project.name} ${moved.ref}` })
        lines.push(
          `No pipeline could be made for ${branch ?? tag}: ${error instanceof AppError ? error.message : 'the server met an error, see its log.'}`,
        )
      }
    }
    return lines
  }
}

function repositoryOf(project: Project): { organization: string; name: string } {
  return { organization: project.organizationName, name: project.name }
}

function protocolOf(request: FastifyRequest): string | undefined {
  const header = request.headers['git-protocol']
  return typeof header === 'string' ? header : undefined
}
