import type { BuildQueries, JobStatus } from '@rondo/model'
import { type Static, Type } from 'typebox'
import type { WebOptions, WebPorts } from '../../ports.ts'
import { BuildShape, buildPresenter } from '../presenters/build.ts'
import { type Route, route } from '../route.ts'
import { oneself, projectInPath } from '../subjects.ts'

const ListQuery = Type.Object({
  limit: Type.Optional(Type.String()),
  offset: Type.Optional(Type.String()),
  filter: Type.Optional(Type.String()),
  shallow: Type.Optional(Type.String()),
})
type Filter = Parameters<BuildQueries['recentJobs']>[0]

export function buildListRoutes(
  { accounts, queries }: Pick<WebPorts, 'accounts' | 'queries'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
): readonly Route[] {
  const { presentAll } = buildPresenter({ accounts, queries }, publicUrl)

  async function list(filter: Filter, query: Static<typeof ListQuery>) {
    const limit = whole(query.limit, 30, 1, 100)
    const offset = whole(query.offset, 0, 0, 1_000_000_000)
    const contexts = await queries.recentJobs({ ...filter, ...statusFilter(query.filter) }, limit, offset)
    return presentAll(contexts)
  }

  return [
    route({
      method: 'GET',
      path: '/recent-builds',
      summary: 'Builds of everything the user sees, newest first.',
      subject: oneself,
      right: 'view',
      query: ListQuery,
      answer: Type.Array(BuildShape),
      handle: async ({ user, query }) => list(user.admin ? {} : { visibleTo: user.id }, query),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}',
      summary: 'Builds of a project, newest first.',
      subject: projectInPath,
      right: 'view',
      query: ListQuery,
      answer: Type.Array(BuildShape),
      handle: async ({ subject, query }) => list({ projectId: subject.id }, query),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/tree/{branch}',
      summary: 'Builds of a branch, newest first.',
      subject: projectInPath,
      right: 'view',
      query: ListQuery,
      answer: Type.Array(BuildShape),
      handle: async ({ subject, params, query }) => list({ projectId: subject.id, branch: params.branch! }, query),
    }),
  ]
}

/** A wrong number is answered as if it had not been given. */
function whole(text: string | undefined, fallback: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.trunc(Number(text)) || fallback))
}

const filters: ReadonlyMap<string, readonly JobStatus[]> = new Map([
  ['successful', ['success']],
  ['failed', ['failed', 'timedout', 'infrastructure_fail', 'terminated-unknown']],
  ['running', ['running']],
  ['completed', ['success', 'failed', 'canceled', 'timedout', 'infrastructure_fail', 'terminated-unknown']],
])

/** Statuses that a list may be narrowed to; a word that is none narrows nothing. */
export function statusFilter(filter: string | undefined): Pick<Filter, 'statuses'> {
  const statuses = filters.get(filter ?? '')
  return statuses === undefined ? {} : { statuses }
}
