import { AppError, type Project, projectSlug, type User } from '@rondo/model'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from '../access.ts'
import { authenticate } from '../authenticate.ts'
import type { WebOptions, WebPorts } from '../ports.ts'
import { presentArtifact, presentBuild, presentSteps } from './presenters.ts'

type Params = Readonly<Record<string, string>>

/** API v1.1, as far as it is served. Shapes: reference/api, section 4. */
export function registerV1(server: FastifyInstance, ports: WebPorts, access: Access, options: WebOptions): void {
  const { queries, accounts } = ports
  const url = options.publicUrl

  function route(
    method: 'GET' | 'POST',
    path: string,
    handle: (user: User, params: Params, query: Params) => Promise<unknown>,
  ): void {
    for (const base of ['/api/v1.1', '/api/v1']) {
      server.route({
        method,
        url: `${base}${path}`,
        handler: async (request: FastifyRequest, reply) => {
          const user = await authenticate(ports, request)
          return reply
            .header('x-circleci-scopes', ':write-settings, :view-builds')
            .send(await handle(user, request.params as Params, request.query as Params))
        },
      })
    }
  }

  function projectRoute(
    method: 'GET' | 'POST',
    rest: string,
    handle: (user: User, project: Project, params: Params, query: Params) => Promise<unknown>,
  ): void {
    route(method, `/project/:vcs/:org/:repo${rest}`, async (user, params, query) =>
      handle(user, await access.project(user, `${params.vcs}/${params.org}/${params.repo}`), params, query),
    )
  }

  const actorOf = async (id: string | null) => (id === null ? undefined : accounts.user(id))
  const whole = (text: string | undefined, fallback: number, least: number, most: number) =>
    Math.min(most, Math.max(least, Math.trunc(Number(text)) || fallback))
  const window = (query: Params) => ({
    limit: whole(query.limit, 30, 1, 100),
    offset: whole(query.offset, 0, 0, 1_000_000_000),
  })
  const builds = async (filter: Parameters<typeof queries.recentJobs>[0], query: Params) => {
    const { limit, offset } = window(query)
    const contexts = await queries.recentJobs(filter, limit, offset)
    return Promise.all(
      contexts.map(async (context) => presentBuild(context, await actorOf(context.pipeline.triggeredBy), url)),
    )
  }

  route('GET', '/me', async (user) => ({
    login: user.login,
    name: user.name,
    admin: user.admin,
    basic_email_prefs: 'none',
    avatar_url: null,
  }))
  route('GET', '/projects', async (user) =>
    (await accounts.projectsVisibleTo(user)).map((project) => ({
      vcs_url: `${url}/git/${project.organizationName}/${project.name}`,
      vcs_type: project.vcsType,
      username: project.organizationName,
      reponame: project.name,
      followed: true,
      default_branch: project.defaultBranch,
      branches: {},
    })),
  )
  route('GET', '/recent-builds', async (user, _params, query) =>
    builds(user.admin ? {} : { visibleTo: user.id }, query),
  )
  projectRoute('GET', '', async (_user, project, _params, query) =>
    builds({ projectId: project.id, ...statusFilter(query.filter) }, query),
  )
  projectRoute('GET', '/tree/:branch', async (_user, project, params, query) =>
    builds({ projectId: project.id, branch: params.branch ?? '', ...statusFilter(query.filter) }, query),
  )
  projectRoute('GET', '/:number', async (user, project, params) => {
    const context = await access.jobByNumber(user, projectSlug(project), params.number ?? '')
    return {
      ...presentBuild(context, await actorOf(context.pipeline.triggeredBy), url),
      steps: presentSteps(await queries.stepsOf(context.job.id), url),
    }
  })
  projectRoute('GET', '/:number/artifacts', async (user, project, params) => {
    const { job } = await access.jobByNumber(user, projectSlug(project), params.number ?? '')
    return (await queries.artifactsOf(job.id)).map((artifact) => ({
      ...presentArtifact(artifact, url),
      pretty_path: artifact.path,
    }))
  })
  projectRoute('GET', '/:number/tests', async (user, project, params) => {
    const { job } = await access.jobByNumber(user, projectSlug(project), params.number ?? '')
    return { tests: (await queries.testsOf(job.id)).map(({ runTime, ...test }) => ({ ...test, run_time: runTime })) }
  })
  projectRoute('POST', '/:number/cancel', async (user, project, params) => {
    const { job } = await access.jobByNumber(user, projectSlug(project), params.number ?? '')
    await ports.actions.cancelJob(job.id, user.id)
    const context = await queries.job(job.id)
    if (context === undefined) throw new AppError('not-found', 'Job not found')
    return presentBuild(context, user, url)
  })
}

function statusFilter(filter: string | undefined): {
  statuses?: readonly ('success' | 'failed' | 'running' | 'canceled' | 'timedout' | 'infrastructure_fail')[]
} {
  if (filter === 'successful') return { statuses: ['success'] }
  if (filter === 'failed') return { statuses: ['failed', 'timedout', 'infrastructure_fail'] }
  if (filter === 'running') return { statuses: ['running'] }
  if (filter === 'completed') return { statuses: ['success', 'failed', 'canceled', 'timedout', 'infrastructure_fail'] }
  return {}
}
