import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError, type Project } from '@rondo/model'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../access.ts'
import { type Authenticator, basicOf } from '../authenticate.ts'
import { hashToken } from '../credentials.ts'
import { handleErrors } from '../http/errors.ts'
import type { WebOptions, WebPorts } from '../ports.ts'
import { createGitDoor, type GitAsker } from './git-door.ts'

interface Params {
  readonly org: string
  readonly repo: string
}

/** Git over smart HTTP for the built-in hosting. */
export function registerGit(
  server: FastifyInstance,
  ports: WebPorts,
  auth: Authenticator,
  access: Access,
  options: WebOptions,
): void {
  const door = createGitDoor(ports, access, options)
  server.register(async (scope) => {
    // Git shows its user what it is told in plain text, and nothing else.
    handleErrors(scope, options, (message) => `${message}\n`)
    // Packs are streamed, whatever their size; git's own limits apply.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

    scope.get('/git/:org/:repo/info/refs', async (request, reply) => {
      const service = (request.query as { service?: string }).service
      if (service !== 'git-upload-pack' && service !== 'git-receive-pack')
        throw new AppError('bad-request', 'Only the smart protocol is spoken here. Use git 1.6.6 or newer.')
      const asker = await ask(request, reply)
      if (asker === undefined) return reply
      const project = await door.open(asker, repositoryIn(request), service)
      reply.header('cache-control', 'no-cache').type(`application/x-${service}-advertisement`)
      return reply.send(Readable.from(ports.hosting.advertise(repositoryOf(project), service, protocolOf(request))))
    })
    for (const service of ['git-upload-pack', 'git-receive-pack'] as const) {
      scope.post(`/git/:org/:repo/${service}`, async (request, reply) => {
        const asker = await ask(request, reply)
        if (asker === undefined) return reply
        const project = await door.open(asker, repositoryIn(request), service)
        const body = request.body as NodeJS.ReadableStream
        const bytes = request.headers['content-encoding'] === 'gzip' ? body.pipe(createGunzip()) : body
        const gone = new AbortController()
        request.raw.once('error', () => gone.abort())
        const onPush =
          asker.kind === 'user' && service === 'git-receive-pack' ? { onPush: door.listen(project, asker.user) } : {}
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

  async function ask(request: FastifyRequest, reply: FastifyReply): Promise<GitAsker | undefined> {
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
    if (projectId !== undefined) return { kind: 'reader', projectId }
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
      .send('That token is not known. Give a personal API token as the password.\n')
    return undefined
  }
}

/** As the address names it. */
function repositoryIn(request: FastifyRequest): { organization: string; name: string } {
  const { org, repo } = request.params as Params
  return { organization: org, name: repo.replace(/\.git$/, '') }
}

function repositoryOf(project: Project): { organization: string; name: string } {
  return { organization: project.organizationName, name: project.name }
}

function protocolOf(request: FastifyRequest): string | undefined {
  const header = request.headers['git-protocol']
  return typeof header === 'string' ? header : undefined
}
