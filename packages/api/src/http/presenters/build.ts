import type { Accounts, BuildOrigin, BuildQueries, JobContext, JobStatus, Pipeline, Project, User } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Id, Nullable, Time, Words } from '../shapes.ts'
import { repositoryUrl } from './project.ts'

const MaybeText = Nullable(Type.String())
const MaybeTime = Nullable(Time)
const MaybeTrue = Nullable(Type.Boolean())

const PersonShape = Type.Object({
  is_user: Type.Boolean(),
  login: MaybeText,
  name: MaybeText,
  avatar_url: MaybeText,
  vcs_type: Type.String(),
  id: Nullable(Id),
})

/** The build object of API v1.1 (reference/api, 4.1), without its steps. */
export const BuildShape = Type.Object({
  vcs_url: Type.String(),
  vcs_type: Type.String(),
  username: Type.String(),
  reponame: Type.String(),
  build_num: Nullable(Type.Integer()),
  build_url: Type.String(),
  platform: Type.String(),
  fleet: Type.String(),
  job_name: Type.String(),
  branch: MaybeText,
  vcs_tag: MaybeText,
  vcs_revision: Type.String(),
  subject: Type.String(),
  body: Type.String(),
  author_name: Type.String(),
  author_email: Type.String(),
  committer_name: Type.String(),
  committer_email: Type.String(),
  all_commit_details: Type.Array(Type.Unknown()),
  pull_requests: Type.Array(Type.Unknown()),
  why: Type.String(),
  user: PersonShape,
  build_parameters: Type.Record(Type.String(), Type.String()),
  lifecycle: Words(['queued', 'not_run', 'not_running', 'running', 'finished']),
  outcome: Nullable(Words(['canceled', 'infrastructure_fail', 'timedout', 'failed', 'success'])),
  status: Type.String(),
  canceled: Type.Boolean(),
  canceler: Nullable(PersonShape),
  failed: MaybeTrue,
  timedout: Type.Boolean(),
  infrastructure_fail: Type.Boolean(),
  fail_reason: MaybeText,
  usage_queued_at: Time,
  queued_at: MaybeTime,
  start_time: MaybeTime,
  stop_time: MaybeTime,
  build_time_millis: Nullable(Type.Integer()),
  retry_of: Nullable(Type.Integer()),
  previous: Type.Null(),
  previous_successful_build: Type.Null(),
  parallel: Type.Integer(),
  picard: Type.Object({
    resource_class: Type.Object({ class: Type.String(), name: Type.String() }),
    executor: MaybeText,
    build_agent: Type.Null(),
  }),
  ssh_disabled: Type.Boolean(),
  ssh_users: Type.Array(PersonShape),
  no_dependency_cache: Type.Boolean(),
  oss: Type.Boolean(),
  messages: Type.Array(Type.Unknown()),
  workflows: Type.Object({
    workflow_name: Type.String(),
    workflow_id: Id,
    workspace_id: Id,
    job_name: Type.String(),
    job_id: Id,
    upstream_job_ids: Type.Array(Id),
    upstream_concurrency_map: Type.Object({}),
  }),
})

type Build = Static<typeof BuildShape>

type People = (id: string | null) => User | undefined

function presentBuild(context: JobContext, origin: BuildOrigin, people: People, publicUrl: string): Build {
  const { job, workflow, project } = context
  return {
    ...source(context, publicUrl),
    build_num: job.number,
    build_url: `${publicUrl}/job/${job.id}`,
    platform: '2.0',
    fleet: 'picard',
    job_name: job.name,
    why: why(context, origin),
    user: person(people(startedBy(context)), project),
    build_parameters: { CIRCLE_JOB: job.name },
    ...state(context),
    canceler: canceler(context, people),
    retry_of: origin.retryOf,
    previous: null,
    previous_successful_build: null,
    parallel: job.parallelism,
    picard: {
      resource_class: { class: job.resourceClass ?? 'medium', name: job.resourceClass ?? 'medium' },
      executor: job.executor,
      build_agent: null,
    },
    ssh_disabled: origin.sshUsers.length === 0,
    ssh_users: origin.sshUsers.map((id) => person(people(id), project)),
    no_dependency_cache: false,
    oss: false,
    messages: [],
    workflows: {
      workflow_name: workflow.name,
      workflow_id: workflow.id,
      workspace_id: workflow.workspaceId,
      job_name: job.name,
      job_id: job.id,
      upstream_job_ids: [],
      upstream_concurrency_map: {},
    },
  }
}

interface BuildPorts {
  readonly accounts: Pick<Accounts, 'user'>
  readonly queries: Pick<BuildQueries, 'originsOf'>
}

/** Of a build that went away while it was read. */
const unknownOrigin: BuildOrigin = { retryOf: null, sshUsers: [] }

/** Builds with what they repeat and the people behind them, each of whom is looked up once. */
export function buildPresenter({ accounts, queries }: BuildPorts, publicUrl: string) {
  async function presentAll(contexts: readonly JobContext[]): Promise<Build[]> {
    const origins = await queries.originsOf(contexts.map(({ job }) => job.id))
    const originOf = ({ job }: JobContext) => origins.get(job.id) ?? unknownOrigin
    const ids = new Set(
      contexts.flatMap((context) => [startedBy(context), context.job.canceledBy, ...originOf(context).sshUsers]),
    )
    const users = await Promise.all([...ids].map((id) => (id === null ? undefined : accounts.user(id))))
    const byId = new Map(users.flatMap((user) => (user === undefined ? [] : [[user.id, user] as const])))
    const people: People = (id) => byId.get(id ?? '')
    return contexts.map((context) => presentBuild(context, originOf(context), people, publicUrl))
  }
  return { presentAll, present: async (context: JobContext): Promise<Build> => (await presentAll([context]))[0]! }
}

/** The word of API v1.1 for what made the build (reference/api, 4.1); a rerun is one whoever or whatever asked for it. */
function why({ workflow, pipeline }: JobContext, { sshUsers }: BuildOrigin): string {
  if (sshUsers.length > 0) return 'ssh'
  if (workflow.rerunOf !== null) return 'retry'
  return causes[pipeline.trigger]
}

const causes: Readonly<Record<Pipeline['trigger'], string>> = {
  webhook: 'github',
  api: 'api',
  explicit: 'api',
  scheduled_pipeline: 'schedule',
}

/** Who asked for the rerun that made the build; of a first run who triggered its pipeline. */
function startedBy({ workflow, pipeline }: JobContext): string | null {
  return workflow.rerunOf === null ? pipeline.triggeredBy : workflow.startedBy
}

/** Who canceled the build; null: nobody did, or Rondo itself. */
function canceler({ job, project }: JobContext, people: People): Build['canceler'] {
  const user = job.status === 'canceled' ? people(job.canceledBy) : undefined
  return user === undefined ? null : person(user, project)
}

function source({ pipeline: { git }, project }: JobContext, publicUrl: string) {
  return {
    vcs_url: repositoryUrl(project, publicUrl),
    vcs_type: project.vcsType,
    username: project.organizationName,
    reponame: project.name,
    branch: git.branch,
    vcs_tag: git.tag,
    vcs_revision: git.revision,
    subject: git.subject,
    body: git.body,
    author_name: git.authorName,
    author_email: git.authorEmail,
    committer_name: git.authorName,
    committer_email: git.authorEmail,
    all_commit_details: [],
    pull_requests: [],
  }
}

function person(actor: User | undefined, project: Project): Build['user'] {
  return {
    is_user: actor !== undefined,
    login: actor?.login ?? null,
    name: actor?.name ?? null,
    avatar_url: null,
    vcs_type: project.vcsType,
    id: actor?.id ?? null,
  }
}

const lifecycles: Readonly<Partial<Record<JobStatus, Build['lifecycle']>>> = {
  blocked: 'not_running',
  queued: 'queued',
  not_running: 'not_running',
  running: 'running',
  on_hold: 'not_running',
  not_run: 'not_run',
}
const outcomes: Readonly<Partial<Record<JobStatus, NonNullable<Build['outcome']>>>> = {
  success: 'success',
  failed: 'failed',
  canceled: 'canceled',
  timedout: 'timedout',
  infrastructure_fail: 'infrastructure_fail',
  // API v1.1 has no word of its own for it.
  'terminated-unknown': 'infrastructure_fail',
  unauthorized: 'failed',
}

function state({ job }: JobContext) {
  const outcome = outcomes[job.status] ?? null
  return {
    lifecycle: lifecycles[job.status] ?? ('finished' as const),
    outcome,
    status: outcome ?? lifecycles[job.status] ?? 'not_run',
    canceled: job.status === 'canceled',
    failed: outcome === 'failed' || null,
    timedout: job.status === 'timedout',
    infrastructure_fail: outcome === 'infrastructure_fail',
    fail_reason: job.message,
    usage_queued_at: job.createdAt,
    queued_at: job.queuedAt,
    start_time: job.startedAt,
    stop_time: job.stoppedAt,
    build_time_millis: job.startedAt && job.stoppedAt ? job.stoppedAt.getTime() - job.startedAt.getTime() : null,
  }
}
