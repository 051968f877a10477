import type { HoldOrder } from '@rondo/model'
import type {
  AgentView,
  AttemptView,
  JobPageView,
  JobUsageView,
  JobWaitView,
  LimitView,
  LoopView,
  PipelineEventView,
  PipelinePageView,
  PipelineView,
  ProjectView,
  QueuePageView,
  RetentionView,
  SessionView,
  SettingsPageView,
  WorkflowPageView,
} from '@rondo/protocol'

/** A refusal by the server, in words for people. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

let csrfToken = ''

/** What marks an intention, so that a second click or a repeat by the network does nothing again. Works without HTTPS, too. */
export function newIntention(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-')
}

async function call<T>(method: string, path: string, body?: unknown, intention?: string): Promise<T> {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: {
      ...(method === 'GET' ? {} : { 'content-type': 'application/json', 'x-csrf-token': csrfToken }),
      ...(intention === undefined ? {} : { 'idempotency-key': intention }),
    },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
  })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new ApiError(response.status, answer.message ?? `The server answered ${response.status}.`)
  return answer as T
}

async function keepToken(session: Promise<SessionView>): Promise<SessionView> {
  const view = await session
  csrfToken = view.csrfToken
  return view
}

/** Which waiting builds are meant. */
export interface QueueFilter {
  readonly project?: string
  readonly branch?: string
}

/** What of a workflow is run again. */
export type RerunChoice =
  | { readonly fromFailed: boolean }
  | { readonly jobs: readonly string[]; readonly enableSsh?: boolean }

const admin = '/api/private/admin'

/** What happened to the installation, an organisation or a project, newest first. */
interface ChangesPage {
  readonly items: readonly (PipelineEventView & { readonly place?: string | null })[]
  readonly next: string | null
}

interface ConfigView {
  readonly source: string
  readonly compiled: string
  /** What the pipeline began with, when it is continued. */
  readonly setup: { readonly source: string; readonly compiled: string } | null
}

export const api = {
  session: () => keepToken(call('GET', '/api/private/session')),
  signIn: (login: string, password: string) => keepToken(call('POST', '/api/private/session', { login, password })),
  signOut: () => call('DELETE', '/api/private/session'),
  projects: () => call<{ projects: readonly ProjectView[] }>('GET', '/api/private/projects'),
  pipelines: (search: { project?: string | undefined; branch?: string | undefined; 'page-token'?: string }) => {
    const query = new URLSearchParams(Object.entries(search).flatMap(([name, value]) => (value ? [[name, value]] : [])))
    return call<{ items: readonly PipelineView[]; next: string | null }>('GET', `/api/private/pipelines?${query}`)
  },
  pipeline: (id: string) => call<PipelinePageView>('GET', `/api/private/pipelines/${id}`),
  config: (id: string) => call<ConfigView>('GET', `/api/private/pipelines/${id}/config`),
  history: (id: string, token: string) =>
    call<{ items: readonly PipelineEventView[]; next: string | null }>(
      'GET',
      `/api/private/pipelines/${id}/events${token === '' ? '' : `?page-token=${token}`}`,
    ),
  workflow: (id: string) => call<WorkflowPageView>('GET', `/api/private/workflows/${id}`),
  job: (id: string) => call<JobPageView>('GET', `/api/private/jobs/${id}`),
  orderInHold: (id: string, slice: number, orders: readonly HoldOrder[]) =>
    call('POST', `/api/private/jobs/${id}/hold`, { slice, orders }),
  usage: (id: string) => call<JobUsageView>('GET', `/api/private/jobs/${id}/usage`),
  attempts: (id: string) => call<{ items: readonly AttemptView[] }>('GET', `/api/private/jobs/${id}/attempts`),
  wait: (id: string) => call<JobWaitView>('GET', `/api/private/jobs/${id}/wait`),
  adminQueue: () => call<QueuePageView>('GET', `${admin}/queue`),
  promote: (jobId: string) => call('POST', `${admin}/queue/promote`, { jobs: [jobId] }),
  cancelWaiting: (filter: QueueFilter, preview: boolean) =>
    call<{ matching: number; canceled: number }>('POST', `${admin}/queue/cancel`, { ...filter, preview }),
  /** Of everything; null lets all go on. */
  setLimit: (maxTasks: number | null) => call('PUT', `${admin}/limits`, { maxTasks }),
  removeLimit: ({ organization, project, resourceClass }: LimitView) =>
    call('PUT', `${admin}/limits`, {
      ...(project !== null ? { project } : organization !== null ? { organization } : {}),
      ...(resourceClass === null ? {} : { resourceClass }),
      maxTasks: null,
    }),
  /** Of an organisation, a project, or (empty) everything. */
  changes: (of: string, token: string) => {
    const query = new URLSearchParams({ limit: '50', 'page-token': token })
    const ofProject = of.split('/').length > 2
    if (of !== '') query.set(ofProject ? 'project' : 'organization', of)
    return call<ChangesPage>('GET', `${ofProject ? '/api/private/projects/events' : `${admin}/history`}?${query}`)
  },
  adminSettings: () => call<SettingsPageView>('GET', `${admin}/settings`),
  saveSetting: (name: string, value: number | null) => call('PUT', `${admin}/settings`, { name, value }),
  adminRetention: () => call<RetentionView>('GET', `${admin}/retention`),
  adminAgents: () => call<{ agents: readonly AgentView[] }>('GET', '/api/private/agents'),
  directAgent: (id: string, verb: 'drain' | 'resume') => call('POST', `/api/private/agents/${id}/${verb}`),
  adminHealth: () => call<{ loops: readonly LoopView[] }>('GET', `${admin}/health`),
  approve: (workflowId: string, jobId: string, intention: string) =>
    call('POST', `/api/v2/workflow/${workflowId}/approve/${jobId}`, {}, `${intention}-approve-${jobId}`),
  cancel: (workflowId: string) => call('POST', `/api/v2/workflow/${workflowId}/cancel`),
  cancelPipeline: (id: string) => call('POST', `/api/v2/pipeline/${id}/cancel`),
  rerun: (workflowId: string, what: RerunChoice, intention: string) =>
    call<{ workflow_id: string }>(
      'POST',
      `/api/v2/workflow/${workflowId}/rerun`,
      'jobs' in what ? { jobs: what.jobs, enable_ssh: what.enableSsh ?? false } : { from_failed: what.fromFailed },
      `${intention}-rerun`,
    ),
}
