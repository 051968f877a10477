import {
  AppError,
  type ContextRecord,
  type JobContext,
  type Organization,
  type OrganizationRole,
  type Pipeline,
  type Principal,
  type Project,
  type ProjectToken,
  type Schedule,
  type Workflow,
} from '@rondo/model'
import type { WebPorts } from './ports.ts'
import { permits, type Right, scopePermits } from './rights.ts'

export type { Right } from './rights.ts'

/**
 * The one place that decides who may do what to which thing. What is not theirs does not exist for them: the answer is
 * `not-found`, never a hint. What they may see but not do is `forbidden`.
 */
export interface Access {
  project(asker: Principal, slug: string, right: Right): Promise<Project>
  projectById(asker: Principal, id: string, right: Right): Promise<Project>
  pipeline(asker: Principal, id: string, right: Right): Promise<Pipeline>
  workflow(asker: Principal, id: string, right: Right): Promise<Workflow>
  job(asker: Principal, id: string, right: Right): Promise<JobContext>
  jobByNumber(asker: Principal, slug: string, number: string, right: Right): Promise<JobContext>
  schedule(asker: Principal, id: string, right: Right): Promise<{ schedule: Schedule; project: Project }>
  context(asker: Principal, id: string, right: Right): Promise<ContextRecord>
  organization(asker: Principal, slugOrId: string, right: Right): Promise<Organization>
}

/** Projects may keep what configures them to administrators. */
function neededRight(right: Right, project: Project): Right {
  return right === 'configure' && project.settings.writeSettingsRequiresAdmin ? 'administer' : right
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a text has the form of an id; anything else would be an error of PostgreSQL, not an answer. */
export function isId(text: string): boolean {
  return uuid.test(text)
}

/**
 * The same for what is nowhere and for what is not theirs. Who wants to start something is told how it comes to be there; for
 * other requests existing clients compare the first words with the whole message.
 */
function projectMissing(right: Right): string {
  const words = 'Project not found'
  return right === 'contribute'
    ? `${words}. Check its name, and that you belong to its organization: POST /api/v2/organization makes one, and the first push to a project makes that.`
    : words
}

const vcsTypes: ReadonlyMap<string, Organization['vcsType']> = new Map([
  ['gh', 'github'],
  ['github', 'github'],
  ['bb', 'bitbucket'],
  ['bitbucket', 'bitbucket'],
  ['circleci', 'circleci'],
])

export function createAccess(ports: Pick<WebPorts, 'accounts' | 'queries' | 'secrets' | 'schedules'>): Access {
  const { accounts, queries, secrets, schedules } = ports

  /** Undefined: nothing of the organisation exists for the asker, by a role in it. */
  async function roleOf(asker: Principal, organizationId: string): Promise<OrganizationRole | undefined> {
    if (asker.kind !== 'user') return undefined
    if (asker.user.admin) return 'admin'
    return accounts.roleIn(organizationId, asker.user.id)
  }

  async function admit(asker: Principal, organizationId: string, right: Right, missing: string): Promise<void> {
    const role = await roleOf(asker, organizationId)
    if (role === undefined) throw new AppError('not-found', missing)
    if (!permits(role, right))
      throw new AppError(
        'forbidden',
        `Your role in the organization (${role}) does not allow this. Ask an administrator of it.`,
      )
  }

  async function projectOf(asker: Principal, id: string | undefined, right: Right, missing: string): Promise<Project> {
    return admitted(asker, id === undefined ? undefined : await accounts.project(id), right, missing)
  }

  async function admitted(
    asker: Principal,
    project: Project | undefined,
    right: Right,
    missing: string,
  ): Promise<Project> {
    if (project === undefined) throw new AppError('not-found', missing)
    if (asker.kind === 'project') admitToken(asker.token, project, right, missing)
    else await admit(asker, project.organizationId, neededRight(right, project), missing)
    return project
  }

  async function within<T>(
    asker: Principal,
    found: T | undefined,
    projectId: (value: T) => string,
    right: Right,
    missing: string,
  ): Promise<T> {
    if (found === undefined) throw new AppError('not-found', missing)
    await projectOf(asker, projectId(found), right, missing)
    return found
  }

  /** A token of a project is that project's alone. */
  function admitToken(token: ProjectToken, project: Project, right: Right, missing: string): void {
    if (token.projectId !== project.id) throw new AppError('not-found', missing)
    if (!scopePermits(token.scope, neededRight(right, project)))
      throw new AppError(
        'forbidden',
        `The token's scope (${token.scope}) does not allow this. Make one with a wider scope, or use a personal token.`,
      )
  }

  const known = <T>(id: string, find: (id: string) => Promise<T | undefined>) => (isId(id) ? find(id) : undefined)

  async function project(asker: Principal, slug: string, right: Right): Promise<Project> {
    const missing = projectMissing(right)
    if (isId(slug)) return projectOf(asker, slug, right, missing)
    const parts = slug.split('/')
    const vcsType = vcsTypes.get(parts[0] ?? '')
    if (parts.length !== 3 || vcsType === undefined || parts.some((part) => part === ''))
      throw new AppError('bad-request', `Invalid project slug "${slug.slice(0, 200)}". Use the form gh/ORG/REPO.`)
    const [organization, name] = [parts[1]!, parts[2]!]
    const found = await accounts.projectByName(vcsType, organization, name)
    if (found !== undefined || vcsType !== 'circleci') return admitted(asker, found, right, missing)
    return admitted(asker, await projectByParts(organization, name), right, missing)
  }

  /** Newer clients write every project as circleci/ORG/PROJECT, each of the two by id or by name (reference/api, 2.2). */
  async function projectByParts(organization: string, project: string): Promise<Project | undefined> {
    const owner = isId(organization) ? await accounts.organization(organization) : undefined
    const name = owner?.name ?? organization
    const found = isId(project)
      ? await accounts.project(project)
      : await accounts.projectByName(owner?.vcsType ?? 'github', name, project)
    return found?.organizationName === name ? found : undefined
  }

  return {
    project,
    projectById: (asker, id, right) => projectOf(asker, isId(id) ? id : undefined, right, 'Project not found'),
    pipeline: async (asker, id, right) =>
      within(asker, await known(id, queries.pipeline), (found) => found.projectId, right, 'Pipeline not found'),
    workflow: async (asker, id, right) =>
      within(asker, await known(id, queries.workflow), (found) => found.projectId, right, 'Workflow not found'),
    job: async (asker, id, right) =>
      within(asker, await known(id, queries.job), (found) => found.project.id, right, 'Job not found'),
    async jobByNumber(asker, slug, number, right) {
      const found = await project(asker, slug, right)
      const job = /^\d{1,9}$/.test(number) ? await queries.jobByNumber(found.id, Number(number)) : undefined
      if (job === undefined) throw new AppError('not-found', 'Job not found')
      return job
    },
    async schedule(asker, id, right) {
      const missing = 'Schedule not found'
      const found = await known(id, schedules.schedule)
      // Those of configs are changed by changing the config.
      if (found?.origin !== 'api') throw new AppError('not-found', missing)
      return { schedule: found, project: await projectOf(asker, found.projectId, right, missing) }
    },
    async context(asker, id, right) {
      const found = await known(id, secrets.context)
      // Clients know an unknown context by 403 (reference/api, 11.5).
      const missing = new AppError('forbidden', 'There is no such context, or it is not yours to see.')
      if (found === undefined || (await roleOf(asker, found.organizationId)) === undefined) throw missing
      await admit(asker, found.organizationId, right, missing.message)
      return found
    },
    async organization(asker, slugOrId, right) {
      const [vcs = '', name = ''] = slugOrId.split('/')
      const vcsType = vcsTypes.get(vcs)
      const found = isId(slugOrId)
        ? await accounts.organization(slugOrId)
        : vcsType && (await accounts.organizationByName(vcsType, name))
      if (!found) throw new AppError('not-found', 'Org not found.')
      await admit(asker, found.id, right, 'Org not found.')
      return found
    },
  }
}
