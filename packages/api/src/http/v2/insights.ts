import { AppError, type JobRun, type Project, type RunFilter, type WorkflowRun } from '@rondo/model'
import { Type } from 'typebox'
import { type MeasuredRun, runMetrics } from '../../insights/run-metrics.ts'
import type { WebPorts } from '../../ports.ts'
import { type Route, route } from '../route.ts'
import { Id, Nullable, PageOf, PageQuery, Time, Words, wholeList } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

const dayMs = 24 * 3_600_000
const windows = { 'last-24-hours': 1, 'last-7-days': 7, 'last-30-days': 30, 'last-60-days': 60, 'last-90-days': 90 }
const windowNames = Object.keys(windows) as (keyof typeof windows)[]
/** Runs that are looked at, the newest; more would say nothing else. */
const maxRuns = 20_000
const shownRuns = 250

const Branches = { branch: Type.Optional(Type.String()), 'all-branches': Type.Optional(Words(['true', 'false'])) }
const WindowQuery = Type.Object({ ...PageQuery, ...Branches, 'reporting-window': Type.Optional(Words(windowNames)) })
const MaybeWhole = Nullable(Type.Integer())
const JobMetrics = {
  total_runs: Type.Integer(),
  successful_runs: Type.Integer(),
  failed_runs: Type.Integer(),
  success_rate: Type.Number(),
  throughput: Type.Number(),
  /** Builds cost nothing here. */
  total_credits_used: Type.Integer(),
  duration_metrics: Type.Object({
    min: MaybeWhole,
    mean: MaybeWhole,
    median: MaybeWhole,
    p95: MaybeWhole,
    max: MaybeWhole,
    standard_deviation: Nullable(Type.Number()),
  }),
}
const WorkflowMetrics = Type.Object({ ...JobMetrics, mttr: Type.Integer(), total_recoveries: Type.Integer() })
const Window = { name: Type.String(), window_start: Time, window_end: Time }
const endings = ['success', 'failed', 'error', 'canceled', 'unauthorized'] as const

interface Asked {
  readonly branch?: string
  readonly 'all-branches'?: 'true' | 'false'
  readonly 'reporting-window'?: (typeof windowNames)[number]
}

/** What is asked for: a branch, all of them, or else the default one. */
function filterOf(project: Project, asked: Asked, workflow?: string): RunFilter & { readonly days: number } {
  if (asked.branch !== undefined && asked['all-branches'] === 'true')
    throw new AppError('bad-request', 'Give a branch or all-branches, not both.')
  const days = windows[asked['reporting-window'] ?? 'last-90-days']
  const until = new Date()
  return {
    days,
    projectId: project.id,
    since: new Date(until.getTime() - days * dayMs),
    until,
    ...(asked['all-branches'] === 'true' ? {} : { branch: asked.branch ?? project.defaultBranch }),
    ...(workflow === undefined ? {} : { workflow }),
  }
}

/** What workflows and jobs of a project took, and how they ended (ledger I-074). */
export function insightRoutes({ insights }: Pick<WebPorts, 'insights'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/insights/{project-slug}/workflows',
      summary: 'Figures of each workflow of a project in a window of time.',
      subject: projectInPath,
      right: 'view',
      query: WindowQuery,
      answer: PageOf(Type.Object({ ...Window, project_id: Id, metrics: WorkflowMetrics })),
      handle: async ({ subject, query }) => {
        const filter = filterOf(subject, query)
        const named = Map.groupBy(await insights.workflowRuns(filter, maxRuns), (run) => run.name)
        return wholeList(
          [...named].map(([name, runs]) => ({
            name,
            project_id: subject.id,
            window_start: filter.since,
            window_end: filter.until,
            metrics: { ...runMetrics(runs.map(measuredWorkflow), filter.days), total_credits_used: 0 },
          })),
        )
      },
    }),
    route({
      method: 'GET',
      path: '/insights/{project-slug}/workflows/{workflow-name}',
      summary: 'The newest runs of a workflow.',
      subject: projectInPath,
      right: 'view',
      query: Type.Object({ ...PageQuery, ...Branches }),
      answer: PageOf(
        Type.Object({
          id: Id,
          branch: Type.String(),
          duration: MaybeWhole,
          created_at: Time,
          stopped_at: Nullable(Time),
          credits_used: Type.Integer(),
          status: Nullable(Words(endings)),
          is_approval: Type.Boolean(),
        }),
      ),
      handle: async ({ subject, query, params }) => {
        const runs = await insights.workflowRuns(filterOf(subject, query, params['workflow-name']), shownRuns)
        return wholeList(
          runs.map((run) => ({
            id: run.id,
            branch: run.branch ?? '',
            duration: seconds(run.createdAt, run.stoppedAt),
            created_at: run.createdAt,
            stopped_at: run.stoppedAt,
            credits_used: 0,
            status: endings.find((ending) => ending === run.status) ?? null,
            is_approval: false,
          })),
        )
      },
    }),
    route({
      method: 'GET',
      path: '/insights/{project-slug}/workflows/{workflow-name}/jobs',
      summary: 'Figures of each job of a workflow in a window of time.',
      subject: projectInPath,
      right: 'view',
      query: Type.Object({ ...WindowQuery.properties, 'job-name': Type.Optional(Type.String()) }),
      answer: PageOf(Type.Object({ ...Window, metrics: Type.Object(JobMetrics) })),
      handle: async ({ subject, query, params }) => {
        const filter = filterOf(subject, query, params['workflow-name'])
        const runs = await insights.jobRuns(filter, maxRuns)
        const wanted = runs.filter(({ name }) => query['job-name'] === undefined || name === query['job-name'])
        return wholeList(
          [...Map.groupBy(wanted, (run) => run.name)].map(([name, some]) => {
            const {
              mttr: _mttr,
              total_recoveries: _recoveries,
              ...metrics
            } = runMetrics(some.map(measuredJob), filter.days)
            const window = { window_start: filter.since, window_end: filter.until }
            return { name, ...window, metrics: { ...metrics, total_credits_used: 0 } }
          }),
        )
      },
    }),
    route({
      method: 'GET',
      path: '/insights/{project-slug}/branches',
      summary: 'Branches of a project that had a workflow.',
      subject: projectInPath,
      right: 'view',
      query: Type.Object({ 'workflow-name': Type.Optional(Type.String()) }),
      answer: Type.Object({ org_id: Id, project_id: Id, branches: Type.Array(Type.String()) }),
      handle: async ({ subject, query }) => ({
        org_id: subject.organizationId,
        project_id: subject.id,
        branches: [...(await insights.branches(subject.id, query['workflow-name']))],
      }),
    }),
  ]
}

function seconds(from: Date | null, to: Date | null): number | null {
  return from === null || to === null ? null : Math.round((to.getTime() - from.getTime()) / 1000)
}

function measuredWorkflow({ status, createdAt, stoppedAt }: WorkflowRun): MeasuredRun {
  const outcome = status === 'success' ? 'success' : status === 'failed' || status === 'error' ? 'failed' : 'other'
  return { outcome, createdAt, stoppedAt, seconds: seconds(createdAt, stoppedAt) }
}

const failures: ReadonlySet<string> = new Set(['failed', 'timedout', 'infrastructure_fail', 'terminated-unknown'])

function measuredJob({ status, createdAt, startedAt, stoppedAt }: JobRun): MeasuredRun {
  const outcome = status === 'success' ? 'success' : failures.has(status) ? 'failed' : 'other'
  return { outcome, createdAt, stoppedAt, seconds: seconds(startedAt, stoppedAt) }
}
