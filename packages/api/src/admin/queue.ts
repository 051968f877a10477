import { whyHeld, whyNoneTakes } from '@rondo/conductor'
import {
  type AgentState,
  AppError,
  isResourceClass,
  type LimitRecord,
  type QueueEntry,
  type QueueFilter,
  resourceClassNames,
  type TaskLimit,
} from '@rondo/model'
import type { LimitView, QueueEntryView, QueuePageView } from '@rondo/protocol'
import { type Static, Type } from 'typebox'
import type { Access } from '../access.ts'
import type { Person } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'
import type { AdminServer } from './admin-server.ts'
import { lastChangeView } from './last-change-view.ts'
import { administeredScope, requireAdministrator } from './scope.ts'

const word = Type.String({ minLength: 1, maxLength: 400 })
const Filter = {
  organization: Type.Optional(word),
  project: Type.Optional(word),
  branch: Type.Optional(word),
  resourceClass: Type.Optional(word),
  /** Waited at least so long. */
  olderThanSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 31_536_000 })),
}
const FilterShape = Type.Object(Filter)
type Asked = Static<typeof FilterShape>

const Promotion = Type.Object({
  ...Filter,
  /** These jobs; without them the longest waiting that match. */
  jobs: Type.Optional(Type.Array(Type.String({ format: 'uuid' }), { minItems: 1, maxItems: 500 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
})
const Cancellation = Type.Object({
  ...Filter,
  /** Only say how many there are. */
  preview: Type.Optional(Type.Boolean()),
  /** How many at once; default 100. Ask again for the rest. */
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
})

/** Both queues as operators know them: what a limit holds back, and what may run; and what they do to them. */
export function registerQueueAdmin(admin: AdminServer, ports: WebPorts, access: Access): void {
  const { queue, actions, forecaster } = ports

  async function filterOf(asker: Person, asked: Asked): Promise<QueueFilter> {
    const { organizationId, projectId } = await administeredScope(access, asker, asked)
    return {
      ...(organizationId === null ? {} : { organizationId }),
      ...(projectId === null ? {} : { projectId }),
      ...(asked.branch === undefined ? {} : { branch: asked.branch }),
      ...(asked.resourceClass === undefined ? {} : { resourceClass: asked.resourceClass }),
      ...(asked.olderThanSeconds === undefined ? {} : { olderThanMs: asked.olderThanSeconds * 1_000 }),
    }
  }

  /** All of them are there, in the organisation or project that was named; whether they still wait is another matter. */
  async function requireBuilds(jobIds: readonly string[], { organizationId, projectId }: QueueFilter): Promise<void> {
    for (const id of jobIds) {
      const project = (await ports.queries.job(id))?.project
      const here =
        project !== undefined &&
        (organizationId ?? project.organizationId) === project.organizationId &&
        (projectId ?? project.id) === project.id
      if (!here)
        throw new AppError(
          'not-found',
          `There is no build ${id}${organizationId === undefined ? '' : ' in what you named'}, so nothing was promoted. Name builds by the ids that the API gives their jobs, or give a filter.`,
        )
    }
  }

  async function hasLimit({ organizationId, projectId, resourceClass }: Omit<TaskLimit, 'id' | 'maxTasks'>) {
    return (await queue.limits()).some(
      (one) =>
        one.organizationId === organizationId && one.projectId === projectId && one.resourceClass === resourceClass,
    )
  }

  async function entryViews(
    entries: readonly QueueEntry[],
    agents: readonly AgentState[],
    limits: readonly LimitRecord[],
  ): Promise<readonly QueueEntryView[]> {
    return Promise.all(
      entries.map(async (entry) => {
        const { projectId: _project, limit, ...shown } = entry
        const expected = await forecaster.expected(entry.jobId, entry.waitedMs)
        const record = limits.find((one) => one.id === limit?.id)
        const why = whyHeld(entry, agents, record?.projectSlug ?? record?.organizationSlug ?? null)
        return { ...shown, held: limit !== null, why, expectedMs: expected?.inMs ?? null }
      }),
    )
  }

  admin.get('/queue', async (asker, query): Promise<QueuePageView> => {
    const filter = await filterOf(asker, askedIn(query))
    const limit = Math.min(200, Math.max(1, Math.trunc(Number(query.limit)) || 20))
    const [summary, head, tail, limits, forecasts] = await Promise.all([
      queue.summary(filter),
      queue.entries('head', limit, filter),
      queue.entries('tail', limit, filter),
      queue.limitRecords(),
      queue.forecastQuality(filter),
    ])
    // An organisation's administrators learn of others' machines nothing.
    const everything = asker.user.admin
    return {
      held: summary.held,
      waiting: summary.waiting,
      running: summary.running,
      oldestMs: summary.oldestMs,
      agents: everything ? summary.agents : null,
      noneTakes: whyNoneTakes(summary.agents),
      limits: limitViews(limits, asker, filter.organizationId),
      head: await entryViews(head, summary.agents, limits),
      tail: await entryViews(tail, summary.agents, limits),
      forecasts,
    }
  })
  admin.send('POST', '/queue/promote', Promotion, async (asker, { jobs, limit, ...asked }) => {
    // It goes before everybody else's work, and past every limit.
    requireAdministrator(asker, 'Promoting')
    const filter = await filterOf(asker, asked)
    if (jobs === undefined && Object.keys(filter).length === 0)
      throw new AppError('bad-request', 'Say which jobs: name them in `jobs`, or give a filter. Never all at once.')
    await requireBuilds(jobs ?? [], filter)
    const { jobIds } = await queue.matching(
      { ...filter, ...(jobs === undefined ? {} : { jobIds: jobs }) },
      limit ?? 100,
    )
    return { jobs: jobIds.length, tasks: await queue.promote(jobIds, asker.user.id) }
  })
  admin.send('POST', '/queue/cancel', Cancellation, async (asker, { preview = false, limit = 100, ...asked }) => {
    const found = await queue.matching(await filterOf(asker, asked), limit)
    if (preview) return { matching: found.jobs, canceled: 0 }
    await actions.cancelBatch(found.jobIds, asker.user.id)
    return { matching: found.jobs, canceled: found.jobIds.length }
  })
  admin.get('/limits', async (asker, query): Promise<{ limits: readonly LimitView[] }> => {
    const { organizationId } = await filterOf(asker, askedIn(query))
    return { limits: limitViews(await queue.limitRecords(), asker, organizationId) }
  })
  admin.send(
    'PUT',
    '/limits',
    Type.Object({
      organization: Type.Optional(word),
      project: Type.Optional(word),
      resourceClass: Type.Optional(word),
      /** 0 blocks new work; null takes the limit away. */
      maxTasks: Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000 }), Type.Null()]),
    }),
    async (asker, { resourceClass = null, maxTasks, ...asked }) => {
      const scope = await administeredScope(access, asker, asked)
      // One that is there already, of an older server, may be taken away.
      if (resourceClass !== null && maxTasks !== null && !isResourceClass(resourceClass))
        throw new AppError('bad-request', unknownClass(resourceClass))
      const wasSet = maxTasks === null ? { wasSet: await hasLimit({ ...scope, resourceClass }) } : {}
      await queue.setLimit({ ...scope, resourceClass }, maxTasks ?? undefined, asker.user.id, asker.user.admin)
      return { limits: limitViews(await queue.limitRecords(), asker, scope.organizationId ?? undefined), ...wasSet }
    },
  )
}

function askedIn(query: Readonly<Record<string, string | undefined>>): Asked {
  const { organization, project, branch, class: resourceClass } = query
  const given = { organization, project, branch, resourceClass }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''))
}

function unknownClass(name: string): string {
  return `There is no resource class "${name}", so no limit was set: it would hold nothing back. The classes are ${resourceClassNames.join(', ')}, also with .gen2 or .gen3.`
}

/** Administrators of an organisation learn of others' limits nothing. */
function limitViews(
  limits: readonly LimitRecord[],
  asker: Person,
  organizationId: string | undefined,
): readonly LimitView[] {
  const shown = limits.filter((limit) => asker.user.admin || limit.organizationId === (organizationId ?? ''))
  return shown.map(({ organizationSlug, projectSlug, resourceClass, maxTasks, byInstallation, lastChange }) => ({
    organization: organizationSlug,
    project: projectSlug,
    resourceClass,
    maxTasks,
    held: byInstallation,
    lastChange: lastChangeView(lastChange),
  }))
}
