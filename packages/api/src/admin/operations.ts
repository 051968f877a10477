import { describeDispatch, dueRetention } from '@rondo/conductor'
import { AppError, type DispatchEntry } from '@rondo/model'
import type { AdministrationPageView, EvidenceView, LockView, LoopView, RetentionView } from '@rondo/protocol'
import type { Access } from '../access.ts'
import { isId } from '../access.ts'
import { askedPage, eventView } from '../pages/history.ts'
import type { WebPorts } from '../ports.ts'
import type { AdminServer } from './admin-server.ts'
import { lockView } from './lock-view.ts'
import { loopViews } from './loop-views.ts'
import { administeredScope, requireAdministrator } from './scope.ts'

/** What operators look at: the health of what goes on by itself, the dispatcher's log, and what retention would take. */
export function registerOperations(admin: AdminServer, ports: WebPorts, access: Access): void {
  const { operations, retention, settings } = ports

  /** AppError `not-found` says what the id is of, if of anything. */
  async function requireJob(id: string): Promise<void> {
    const { queries } = ports
    if ((await queries.job(id)) !== undefined) return
    const [workflow, pipeline] = await Promise.all([queries.workflow(id), queries.pipeline(id)])
    const other = workflow === undefined ? pipeline && 'a pipeline' : 'a workflow'
    throw new AppError(
      'not-found',
      other === undefined
        ? `There is no job ${id}. It was never here, or its pipeline is no longer kept.`
        : `${id} is ${other}. Give the id of one of its jobs; rondo admin history ${workflow?.pipelineId ?? id} shows them all.`,
    )
  }

  admin.get('/health', async (asker): Promise<{ loops: readonly LoopView[] }> => {
    requireAdministrator(asker)
    return { loops: loopViews(await operations.loops()) }
  })
  admin.get(
    '/dispatcher',
    async (asker, { job, schedules, after, limit }): Promise<{ items: readonly EvidenceView[] }> => {
      requireAdministrator(asker)
      if (job !== undefined && !isId(job)) throw new AppError('bad-request', `"${job.slice(0, 80)}" is no id of a job.`)
      const items = await operations.dispatches({
        limit: Math.min(1_000, Math.max(1, Math.trunc(Number(limit)) || 100)),
        ...(job === undefined ? {} : { jobId: job }),
        schedules: schedules === 'true',
        ...(after === undefined ? {} : { after: Math.max(0, Math.trunc(Number(after)) || 0) }),
      })
      if (items.length === 0 && job !== undefined) await requireJob(job)
      return { items: items.map(evidenceView) }
    },
  )
  admin.get('/locks', async (asker, { organization, limit }): Promise<{ locks: readonly LockView[] }> => {
    const { organizationId } = await administeredScope(access, asker, organization ? { organization } : {})
    const places = Math.min(500, Math.max(1, Math.trunc(Number(limit)) || 10))
    return { locks: (await operations.locks({ organizationId, places })).map(lockView) }
  })
  admin.get(
    '/history',
    async (asker, { organization, limit, 'page-token': token }): Promise<AdministrationPageView> => {
      const scope = await administeredScope(access, asker, organization ? { organization } : {})
      const page = await operations.administration(scope.organizationId, askedPage({ limit, 'page-token': token }))
      return { items: page.items.map((entry) => ({ ...eventView(entry), place: entry.place })), next: page.next }
    },
  )
  admin.get('/retention', async (asker, { project }): Promise<RetentionView> => {
    const scope = await administeredScope(access, asker, project ? { project } : {})
    const projects =
      scope.projectId === null
        ? await retention.projectsAfter(null, 10_000)
        : [{ id: scope.projectId, slug: project ?? '' }]
    const items = await dueRetention(retention, projects, await settings.view())
    return {
      items,
      total: {
        count: items.reduce((sum, item) => sum + item.count, 0),
        bytes: items.reduce((sum, item) => sum + item.bytes, 0),
      },
    }
  })
}

function evidenceView(entry: DispatchEntry): EvidenceView {
  return {
    id: entry.id,
    at: entry.at.toISOString(),
    kind: entry.kind,
    build: entry.build,
    jobId: entry.jobId,
    text: describeDispatch(entry),
  }
}
