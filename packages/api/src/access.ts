import {
  AppError,
  type BuildQueries,
  type JobContext,
  type Organization,
  type Pipeline,
  type Project,
  type User,
  type Workflow,
} from '@rondo/model'
import type { WebPorts } from './ports.ts'

/** What a user may see. What is not theirs does not exist for them: the answer is 404, never a hint. */
export interface Access {
  project(user: User, slug: string): Promise<Project>
  projectById(user: User, id: string): Promise<Project>
  pipeline(user: User, id: string): Promise<Pipeline>
  workflow(user: User, id: string): Promise<Workflow>
  job(user: User, id: string): Promise<JobContext>
  jobByNumber(user: User, slug: string, number: string): Promise<JobContext>
  organization(user: User, slugOrId: string): Promise<Organization>
  mayUse(user: User, organizationId: string): Promise<boolean>
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a text has the form of an id; anything else would be an error of PostgreSQL, not an answer. */
export function isId(text: string): boolean {
  return uuid.test(text)
}

const vcsTypes: ReadonlyMap<string, Organization['vcsType']> = new Map([
  ['gh', 'github'],
  ['github', 'github'],
  ['bb', 'bitbucket'],
  ['bitbucket', 'bitbucket'],
  ['circleci', 'circleci'],
])

export function createAccess(ports: Pick<WebPorts, 'accounts' | 'queries'>): Access {
  const { accounts } = ports
  const queries: BuildQueries = ports.queries
  const notFound = (what: string) => new AppError('not-found', `${what} not found`)

  async function mayUse(user: User, organizationId: string): Promise<boolean> {
    return user.admin || (await accounts.roleIn(organizationId, user.id)) !== undefined
  }

  async function seen<T>(user: User, what: string, found: T | undefined, projectId: (value: T) => string): Promise<T> {
    if (found === undefined) throw notFound(what)
    const project = await accounts.project(projectId(found))
    if (project === undefined || !(await mayUse(user, project.organizationId))) throw notFound(what)
    return found
  }

  async function project(user: User, slug: string): Promise<Project> {
    const parts = slug.split('/')
    const vcsType = vcsTypes.get(parts[0] ?? '')
    if (isId(slug)) return seen(user, 'Project', await accounts.project(slug), (found) => found.id)
    if (parts.length !== 3 || vcsType === undefined || parts.some((part) => part === ''))
      throw new AppError('bad-request', `Invalid project slug "${slug.slice(0, 200)}". Use the form gh/ORG/REPO.`)
    return seen(user, 'Project', await accounts.projectByName(vcsType, parts[1]!, parts[2]!), (found) => found.id)
  }

  const requireId = (what: string, id: string) => {
    if (!isId(id)) throw notFound(what)
    return id
  }

  return {
    mayUse,
    project,
    projectById: async (user, id) =>
      seen(user, 'Project', await accounts.project(requireId('Project', id)), (found) => found.id),
    pipeline: async (user, id) =>
      seen(user, 'Pipeline', await queries.pipeline(requireId('Pipeline', id)), (found) => found.projectId),
    workflow: async (user, id) =>
      seen(user, 'Workflow', await queries.workflow(requireId('Workflow', id)), (found) => found.projectId),
    job: async (user, id) => seen(user, 'Job', await queries.job(requireId('Job', id)), (found) => found.project.id),
    async jobByNumber(user, slug, number) {
      const found = await project(user, slug)
      const job = /^\d{1,9}$/.test(number) ? await queries.jobByNumber(found.id, Number(number)) : undefined
      if (job === undefined) throw notFound('Job')
      return job
    },
    async organization(user, slugOrId) {
      const [vcs = '', name = ''] = slugOrId.split('/')
      const vcsType = vcsTypes.get(vcs)
      const found = isId(slugOrId)
        ? await accounts.organization(slugOrId)
        : vcsType && (await accounts.organizationByName(vcsType, name))
      if (!found || !(await mayUse(user, found.id))) throw new AppError('not-found', 'Org not found.')
      return found
    },
  }
}
