import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { AppError, type User } from '@rondo/model'
import type { SessionView } from '@rondo/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Access, isId } from '../access.ts'
import { type Authenticator, csrfToken, type Person, sessionCookie } from '../authenticate.ts'
import { hashToken, verifyPassword } from '../credentials.ts'
import type { WebOptions, WebPorts } from '../ports.ts'
import { isForeignOrigin } from '../protect-browsers.ts'
import { asMessages, withTimes } from '../timed-output.ts'
import { jobPage, pipelinePage, pipelineViews, projectView } from './views.ts'

type Params = Readonly<Record<string, string>>
const sessionMs = 14 * 24 * 3_600_000

/** One document a page; see the table in the protocol's `pages/views.ts`. */
export function registerPages(
  server: FastifyInstance,
  ports: WebPorts,
  auth: Authenticator,
  access: Access,
  options: WebOptions,
): void {
  const { queries, accounts } = ports
  const base = '/api/private'

  function get(path: string, handle: (asker: Person, params: Params, query: Params) => Promise<unknown>): void {
    server.get(`${base}${path}`, async (request: FastifyRequest, reply) => {
      const asker = await auth.person(request)
      return reply
        .header('cache-control', 'no-store')
        .send(await handle(asker, request.params as Params, request.query as Params))
    })
  }

  async function sessionView(user: User, session: string | undefined): Promise<SessionView> {
    const organizations = await accounts.organizationsOf(user.id)
    return {
      user: { id: user.id, login: user.login, name: user.name, admin: user.admin },
      csrfToken: session === undefined ? '' : csrfToken(session),
      organizations: organizations.map((organization) => ({
        id: organization.id,
        slug: `gh/${organization.name}`,
        name: organization.name,
      })),
    }
  }

  server.post(
    `${base}/session`,
    {
      schema: {
        body: {
          type: 'object',
          required: ['login', 'password'],
          properties: { login: { type: 'string', maxLength: 200 }, password: { type: 'string', maxLength: 1_000 } },
        },
      },
    },
    async (request, reply) => {
      if (isForeignOrigin(request, options.publicUrl))
        throw new AppError('forbidden', 'Sign in on the page of this server, not from another one.')
      const { login, password } = request.body as { login: string; password: string }
      const found = await auth.attemptPassword(request, login, async () => {
        const user = await accounts.userByLogin(login)
        return (await verifyPassword(password, user?.passwordHash ?? null)) ? user : undefined
      })
      if (found === undefined)
        throw new AppError('unauthenticated', 'That login and password do not match. Check both and try again.')
      const session = randomBytes(32).toString('base64url')
      await accounts.addSession({
        userId: found.id,
        hash: hashToken(session),
        expiresAt: new Date(Date.now() + sessionMs),
      })
      reply.setCookie(sessionCookie, session, {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: options.publicUrl.startsWith('https:'),
        maxAge: sessionMs / 1000,
      })
      return sessionView(found, session)
    },
  )
  server.delete(`${base}/session`, async (request, reply) => {
    const session = request.cookies[sessionCookie]
    const live = session !== undefined && (await accounts.userBySessionHash(hashToken(session))) !== undefined
    if (live) {
      await auth.person(request)
      await accounts.deleteSession(hashToken(session))
    }
    return reply.clearCookie(sessionCookie, { path: '/' }).send({})
  })
  server.get(`${base}/session`, async (request) =>
    sessionView((await auth.person(request)).user, request.cookies[sessionCookie]),
  )

  get('/projects', async ({ user }) => ({
    projects: (await accounts.projectsVisibleTo(user)).map((project) => projectView(project, options.publicUrl)),
  }))
  get('/pipelines', async (asker, _params, query) => {
    const { user } = asker
    const project = query.project === undefined ? undefined : await access.project(asker, query.project, 'view')
    const page = await queries.pipelines(
      {
        ...(project ? { projectId: project.id } : {}),
        ...(query.branch ? { branch: query.branch } : {}),
        ...(query.mine === 'true' ? { triggeredBy: user.id } : {}),
        ...(user.admin ? {} : { visibleTo: user.id }),
      },
      { limit: 30, ...(query['page-token'] ? { token: query['page-token'] } : {}) },
    )
    return { items: await pipelineViews(ports, page.items, options.publicUrl), next: page.next }
  })
  get('/pipelines/:id', async (asker, params) =>
    pipelinePage(ports, await access.pipeline(asker, params.id ?? '', 'view'), options.publicUrl),
  )
  get('/pipelines/:id/config', async (asker, params) => {
    const config = await queries.pipelineConfig((await access.pipeline(asker, params.id ?? '', 'view')).id)
    const { source = '', compiled = '', setup = null } = config ?? {}
    return { source, compiled, setup: setup && { source: setup.source, compiled: setup.compiled } }
  })
  get('/workflows/:id', async (asker, params) => {
    const workflow = await access.workflow(asker, params.id ?? '', 'view')
    const pipeline = await pipelinePage(
      ports,
      await access.pipeline(asker, workflow.pipelineId, 'view'),
      options.publicUrl,
    )
    return { workflow: pipeline.workflows.find((candidate) => candidate.id === workflow.id), pipeline }
  })
  get('/jobs/:id', async (asker, params) =>
    jobPage(ports, await access.job(asker, params.id ?? '', 'view'), options.publicUrl),
  )
  get('/jobs/:vcs/:org/:repo/:number', async (asker, params) =>
    jobPage(
      ports,
      await access.jobByNumber(asker, `${params.vcs}/${params.org}/${params.repo}`, params.number ?? '', 'view'),
      options.publicUrl,
    ),
  )

  server.get(`${base}/steps/:id/output`, async (request, reply) => {
    const asker = await auth.person(request)
    const { id } = request.params as { id: string }
    const step = isId(id) ? await queries.step(id) : undefined
    if (step === undefined) throw new AppError('not-found', 'Step not found')
    await access.job(asker, step.jobId, 'view')
    const offset = Math.max(0, Math.trunc(Number((request.query as Params).offset)) || 0)
    const size = await ports.output.size(id)
    reply
      .header('x-output-size', size)
      .header('x-output-closed', String(step.phase === 'finished'))
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-store')
    const bytes = ports.output.read(id, offset, size)
    const { timestamps, format } = request.query as Params
    if (format === 'json')
      return reply
        .type('application/json; charset=utf-8')
        .send(Readable.from(asMessages(bytes, await ports.output.times(id), offset)))
    const shown = timestamps === 'true' ? withTimes(bytes, await ports.output.times(id), offset) : bytes
    return reply.type('text/plain; charset=utf-8').send(Readable.from(shown))
  })

  server.get('/output/job/:id/artifacts/:node/*', async (request, reply) => {
    const asker = await auth.anyone(request)
    const params = request.params as Params
    const { job } = await access.job(asker, params.id ?? '', 'view')
    const artifact = (await queries.artifactsOf(job.id)).find(
      (candidate) => candidate.nodeIndex === Number(params.node) && candidate.path === params['*'],
    )
    if (artifact === undefined) throw new AppError('not-found', 'Artifact not found')
    const name = artifact.path.split('/').at(-1) ?? 'artifact'
    // What jobs made is never shown as a page of ours (rule D-21).
    reply
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
      .header('content-security-policy', 'sandbox')
      .header('x-content-type-options', 'nosniff')
      .header('content-length', artifact.object.size)
    return reply.type('application/octet-stream').send(Readable.from(await ports.objects.read(artifact.object.digest)))
  })
}
