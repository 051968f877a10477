import {
  AppError,
  contextScope,
  type Page,
  type Project,
  projectScope,
  projectSlug,
  type SealedSecret,
  type User,
} from '@rondo/model'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Access, isId } from '../access.ts'
import { authenticate } from '../authenticate.ts'
import type { WebOptions, WebPorts } from '../ports.ts'
import {
  presentArtifact,
  presentJob,
  presentPipeline,
  presentProject,
  presentWorkflow,
  presentWorkflowJob,
} from './presenters.ts'

type Params = Readonly<Record<string, string>>
type Query = Readonly<Record<string, string | undefined>>

const pageSize = 20
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength }) as const
const variableName = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 300 } as const

/** API v2, as far as it is served; `access.ts` decides what a user may see. Shapes: reference/api, section 3. */
export function registerV2(server: FastifyInstance, ports: WebPorts, access: Access, options: WebOptions): void {
  const { queries, accounts, secrets, actions, keyRing } = ports
  const url = options.publicUrl

  interface Call {
    readonly user: User
    readonly params: Params
    readonly query: Query
    readonly body: never
  }

  function route(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    handle: (call: Call) => Promise<unknown>,
    extra: { status?: number; body?: object } = {},
  ): void {
    server.route({
      method,
      url: `/api/v2${path}`,
      ...(extra.body === undefined ? {} : { schema: { body: extra.body } }),
      handler: async (request: FastifyRequest, reply) => {
        const user = await authenticate(ports, request)
        const answer = await handle({
          user,
          params: request.params as Params,
          query: request.query as Query,
          body: (request.body ?? {}) as never,
        })
        return reply.code(extra.status ?? 200).send(answer)
      },
    })
  }

  /** Project routes answer under three path segments and under one with escaped slashes. */
  function projectRoute(
    method: 'GET' | 'POST' | 'DELETE',
    rest: string,
    handle: (call: Call, project: Project) => Promise<unknown>,
    extra: { status?: number; body?: object } = {},
  ): void {
    route(
      method,
      `/project/:vcs/:org/:repo${rest}`,
      async (call) =>
        handle(call, await access.project(call.user, `${call.params.vcs}/${call.params.org}/${call.params.repo}`)),
      extra,
    )
    route(
      method,
      `/project/:slug${rest}`,
      async (call) => handle(call, await access.project(call.user, call.params.slug ?? '')),
      extra,
    )
  }

  async function pipelinePage(page: Page<Awaited<ReturnType<typeof access.pipeline>>>): Promise<object> {
    const projects = new Map<string, Project | undefined>()
    for (const pipeline of page.items)
      if (!projects.has(pipeline.projectId))
        projects.set(pipeline.projectId, await accounts.project(pipeline.projectId))
    const items = await Promise.all(
      page.items.map(async (pipeline) =>
        presentPipeline(pipeline, projects.get(pipeline.projectId)!, await actorOf(pipeline.triggeredBy), url),
      ),
    )
    return { items, next_page_token: page.next }
  }
  const actorOf = async (id: string | null) => (id === null ? undefined : accounts.user(id))
  const pageOf = (query: Query) => ({ limit: pageSize, ...(query['page-token'] ? { token: query['page-token'] } : {}) })
  const whole = (items: readonly unknown[]) => ({ items, next_page_token: null })

  route('GET', '/me', async ({ user }) => ({ id: user.id, login: user.login, name: user.name, avatar_url: null }))
  route('GET', '/me/collaborations', async ({ user }) =>
    (await accounts.organizationsOf(user.id)).map((organization) => ({
      id: organization.id,
      vcs_type: organization.vcsType,
      'vcs-type': organization.vcsType,
      name: organization.name,
      avatar_url: '',
      slug: `gh/${organization.name}`,
    })),
  )
  route('GET', '/user/:id', async ({ params }) => {
    const found = isId(params.id ?? '') ? await accounts.user(params.id ?? '') : undefined
    if (found === undefined) throw new AppError('not-found', 'User not found')
    return { id: found.id, login: found.login, name: found.name }
  })

  route('GET', '/pipeline', async ({ user, query }) => {
    const organization =
      query['org-slug'] === undefined ? undefined : await access.organization(user, query['org-slug'])
    return pipelinePage(
      await queries.pipelines(
        {
          ...(organization ? { organizationId: organization.id } : {}),
          ...(query.mine === 'true' ? { triggeredBy: user.id } : {}),
          ...(user.admin ? {} : { visibleTo: user.id }),
        },
        pageOf(query),
      ),
    )
  })
  route('GET', '/pipeline/:id', async ({ user, params }) => {
    const pipeline = await access.pipeline(user, params.id ?? '')
    return presentPipeline(
      pipeline,
      await access.projectById(user, pipeline.projectId),
      await actorOf(pipeline.triggeredBy),
      url,
    )
  })
  route('GET', '/pipeline/:id/config', async ({ user, params }) => {
    const pipeline = await access.pipeline(user, params.id ?? '')
    const config = await queries.pipelineConfig(pipeline.id)
    return {
      source: config?.source ?? '',
      compiled: config?.compiled ?? '',
      ...(config?.setup ? { 'setup-config': config.setup.source, 'compiled-setup-config': config.setup.compiled } : {}),
    }
  })
  route('GET', '/pipeline/:id/workflow', async ({ user, params }) => {
    const pipeline = await access.pipeline(user, params.id ?? '')
    const project = await access.projectById(user, pipeline.projectId)
    return whole((await queries.workflowsOf([pipeline.id])).map((workflow) => presentWorkflow(workflow, project)))
  })

  projectRoute('GET', '', async (_call, project) => presentProject(project, url))
  projectRoute('GET', '/pipeline', async ({ query }, project) =>
    pipelinePage(
      await queries.pipelines(
        { projectId: project.id, ...(query.branch ? { branch: query.branch } : {}) },
        pageOf(query),
      ),
    ),
  )
  projectRoute('GET', '/pipeline/mine', async ({ user, query }, project) =>
    pipelinePage(await queries.pipelines({ projectId: project.id, triggeredBy: user.id }, pageOf(query))),
  )
  projectRoute('GET', '/pipeline/:number', async ({ params }, project) => {
    const pipeline = /^\d{1,9}$/.test(params.number ?? '')
      ? await queries.pipelineByNumber(project.id, Number(params.number))
      : undefined
    if (pipeline === undefined) throw new AppError('not-found', 'Pipeline not found')
    return presentPipeline(pipeline, project, await actorOf(pipeline.triggeredBy), url)
  })
  projectRoute(
    'POST',
    '/pipeline',
    async ({ user, body }, project) => {
      const { branch, tag, parameters } = body as {
        branch?: string
        tag?: string
        parameters?: Record<string, unknown>
      }
      if (branch !== undefined && tag !== undefined)
        throw new AppError('bad-request', 'Give a branch or a tag, not both.')
      const pipeline = await actions.trigger({
        project,
        trigger: 'api',
        actorId: user.id,
        ref: tag !== undefined ? { tag } : { branch: branch ?? project.defaultBranch },
        parameters: parameters ?? {},
      })
      return { id: pipeline?.id, number: pipeline?.number, state: pipeline?.state, created_at: pipeline?.createdAt }
    },
    {
      status: 201,
      body: {
        type: ['object', 'null'],
        properties: { branch: text(500), tag: text(500), parameters: { type: 'object', maxProperties: 100 } },
      },
    },
  )

  route('GET', '/workflow/:id', async ({ user, params }) => {
    const workflow = await access.workflow(user, params.id ?? '')
    return presentWorkflow(workflow, await access.projectById(user, workflow.projectId))
  })
  route('GET', '/workflow/:id/job', async ({ user, params }) => {
    const workflow = await access.workflow(user, params.id ?? '')
    const project = await access.projectById(user, workflow.projectId)
    const jobs = await queries.jobsOf([workflow.id])
    return whole(jobs.map((job) => presentWorkflowJob(job, jobs, project)))
  })
  route(
    'POST',
    '/workflow/:id/cancel',
    async ({ user, params }) => {
      const workflow = await access.workflow(user, params.id ?? '')
      await actions.cancelWorkflow(workflow.id, user.id)
      return { message: 'Accepted.' }
    },
    { status: 202 },
  )
  route(
    'POST',
    '/workflow/:id/approve/:request',
    async ({ user, params }) => {
      const { job, workflow } = await access.job(user, params.request ?? '')
      if (workflow.id !== params.id) throw new AppError('not-found', 'Job not found')
      await actions.approve(job.id, user.id)
      return { message: 'Accepted.' }
    },
    { status: 202 },
  )
  route(
    'POST',
    '/workflow/:id/rerun',
    async ({ user, params, body }) => {
      const workflow = await access.workflow(user, params.id ?? '')
      const { from_failed: fromFailed = false, jobs } = body as { from_failed?: boolean; jobs?: string[] }
      if (fromFailed && jobs !== undefined) throw new AppError('bad-request', 'Give from_failed or jobs, not both.')
      return {
        workflow_id: await actions.rerun({
          workflowId: workflow.id,
          actorId: user.id,
          fromFailed,
          ...(jobs === undefined ? {} : { jobIds: jobs }),
        }),
      }
    },
    {
      status: 202,
      body: {
        type: ['object', 'null'],
        properties: { from_failed: { type: 'boolean' }, jobs: { type: 'array', items: text(40), maxItems: 10_000 } },
      },
    },
  )

  const jobOf = async (call: Call, project: Project) =>
    access.jobByNumber(call.user, projectSlug(project), call.params.number ?? '')
  projectRoute('GET', '/job/:number', async (call, project) => {
    const context = await jobOf(call, project)
    return presentJob(context, await accounts.organization(project.organizationId), url)
  })
  projectRoute(
    'POST',
    '/job/:number/cancel',
    async (call, project) => {
      await actions.cancelJob((await jobOf(call, project)).job.id, call.user.id)
      return { message: 'Accepted.' }
    },
    { status: 202 },
  )
  route('POST', '/jobs/:id/cancel', async ({ user, params }) => {
    await actions.cancelJob((await access.job(user, params.id ?? '')).job.id, user.id)
    return { message: 'Accepted.' }
  })
  projectRoute('GET', '/:number/artifacts', async (call, project) => {
    const { job } = await jobOf(call, project)
    return whole((await queries.artifactsOf(job.keptFrom ?? job.id)).map((artifact) => presentArtifact(artifact, url)))
  })
  projectRoute('GET', '/:number/tests', async (call, project) => {
    const { job } = await jobOf(call, project)
    return whole(
      (await queries.testsOf(job.keptFrom ?? job.id)).map(({ runTime, ...test }) => ({
        ...test,
        run_time: runTime,
        file: test.file ?? '',
      })),
    )
  })

  const presentVariable = (secret: SealedSecret) => ({
    name: secret.name,
    value: `xxxx${secret.hint}`,
    created_at: secret.createdAt,
    'created-at': secret.createdAt,
  })
  projectRoute('GET', '/envvar', async (_call, project) =>
    whole((await secrets.projectVariables(project.id)).map(presentVariable)),
  )
  projectRoute(
    'POST',
    '/envvar',
    async ({ body }, project) => {
      const { name, value } = body as { name: string; value: string }
      const sealed = await keyRing.seal(value, projectScope(project.id))
      return presentVariable(await secrets.setProjectVariable(project.id, { name, sealed, hint: hintOf(value) }))
    },
    {
      status: 201,
      body: {
        type: 'object',
        required: ['name', 'value'],
        properties: { name: variableName, value: { type: 'string', maxLength: 32_768 } },
      },
    },
  )
  projectRoute('GET', '/envvar/:name', async ({ params }, project) => {
    const found = (await secrets.projectVariables(project.id)).find((secret) => secret.name === params.name)
    if (found === undefined) throw new AppError('not-found', 'Environment variable not found.')
    return presentVariable(found)
  })
  projectRoute('DELETE', '/envvar/:name', async ({ params }, project) => {
    if (!(await secrets.deleteProjectVariable(project.id, params.name ?? '')))
      throw new AppError('not-found', 'Environment variable not found.')
    return { message: 'Environment variable deleted.' }
  })

  const contextOf = async (user: User, id: string) => {
    const context = isId(id) ? await secrets.context(id) : undefined
    if (context === undefined || !(await access.mayUse(user, context.organizationId)))
      throw new AppError('not-found', 'Context not found.')
    return context
  }
  const presentContext = (context: { id: string; name: string; createdAt: Date }) => ({
    id: context.id,
    name: context.name,
    created_at: context.createdAt,
  })
  route('GET', '/context', async ({ user, query }) => {
    const organization = await access.organization(user, query['owner-id'] ?? query['owner-slug'] ?? '')
    return whole(
      (await secrets.contextsOf(organization.id))
        .filter((context) => query.name === undefined || context.name === query.name)
        .map(presentContext),
    )
  })
  route(
    'POST',
    '/context',
    async ({ user, body }) => {
      const { name, owner } = body as { name: string; owner: { id?: string; slug?: string } }
      const organization = await access.organization(user, owner.id ?? owner.slug ?? '')
      return presentContext(await secrets.createContext(organization.id, name))
    },
    {
      body: {
        type: 'object',
        required: ['name', 'owner'],
        properties: {
          name: text(300),
          owner: { type: 'object', properties: { id: text(40), slug: text(300), type: text(20) } },
        },
      },
    },
  )
  route('GET', '/context/:id', async ({ user, params }) => presentContext(await contextOf(user, params.id ?? '')))
  route('DELETE', '/context/:id', async ({ user, params }) => {
    await secrets.deleteContext((await contextOf(user, params.id ?? '')).id)
    return { message: 'Context deleted.' }
  })
  const presentContextVariable = (contextId: string, secret: SealedSecret) => ({
    variable: secret.name,
    context_id: contextId,
    created_at: secret.createdAt,
    updated_at: secret.updatedAt,
  })
  route('GET', '/context/:id/environment-variable', async ({ user, params }) => {
    const context = await contextOf(user, params.id ?? '')
    return whole(
      (await secrets.contextVariables(context.id)).map((secret) => ({
        ...presentContextVariable(context.id, secret),
        truncated_value: `xxxx${secret.hint}`,
      })),
    )
  })
  route(
    'PUT',
    '/context/:id/environment-variable/:name',
    async ({ user, params, body }) => {
      const context = await contextOf(user, params.id ?? '')
      const name = params.name ?? ''
      if (!new RegExp(variableName.pattern).test(name) || name.length > variableName.maxLength)
        throw new AppError(
          'bad-request',
          `"${name.slice(0, 100)}" cannot name a variable. Use letters, digits and "_", not starting with a digit.`,
        )
      const { value } = body as { value: string }
      return presentContextVariable(
        context.id,
        await secrets.setContextVariable(context.id, {
          name,
          sealed: await keyRing.seal(value, contextScope(context.id)),
          hint: hintOf(value),
        }),
      )
    },
    { body: { type: 'object', required: ['value'], properties: { value: { type: 'string', maxLength: 32_768 } } } },
  )
  route('DELETE', '/context/:id/environment-variable/:name', async ({ user, params }) => {
    const context = await contextOf(user, params.id ?? '')
    if (!(await secrets.deleteContextVariable(context.id, params.name ?? '')))
      throw new AppError('not-found', 'Environment variable not found.')
    return { message: 'Environment variable deleted.' }
  })

  route(
    'POST',
    '/organization',
    async ({ user, body }) => {
      const { name } = body as { name: string }
      const found = await accounts.organizationByName('github', name)
      if (found !== undefined && !(await access.mayUse(user, found.id)))
        throw new AppError('conflict', `The name ${name} is taken.`)
      const organization = found ?? (await accounts.createOrganization({ vcsType: 'github', name, ownerId: user.id }))
      return { id: organization.id, name, slug: `gh/${name}`, vcs_type: 'github' }
    },
    {
      status: 201,
      body: { type: 'object', required: ['name'], properties: { name: repositoryName, vcs_type: text(20) } },
    },
  )
  const createProject = async (user: User, slugOrId: string, name: string) => {
    const organization = await access.organization(user, slugOrId)
    const existing = await accounts.projectByName(organization.vcsType, organization.name, name)
    if (existing !== undefined) return presentProject(existing, url)
    await ports.hosting.create({ organization: organization.name, name })
    return presentProject(
      await accounts.createProject({ organizationId: organization.id, name, defaultBranch: 'main' }),
      url,
    )
  }
  const projectBody = { body: { type: 'object', required: ['name'], properties: { name: repositoryName } } }
  route(
    'POST',
    '/organization/:slug/project',
    async ({ user, params, body }) => createProject(user, params.slug ?? '', (body as { name: string }).name),
    projectBody,
  )
  route(
    'POST',
    '/organization/:vcs/:org/project',
    async ({ user, params, body }) =>
      createProject(user, `${params.vcs}/${params.org}`, (body as { name: string }).name),
    projectBody,
  )
}

const repositoryName = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' } as const

/** The last four characters, and never more than half of a short value. */
function hintOf(value: string): string {
  return value.slice(-Math.min(4, Math.floor(value.length / 2)) || value.length)
}
