import type { JobStatus, PipelineState, PipelineTrigger, WorkflowStatus } from '@rondo/model'

/**
 * What the web app (and the terminal's live view) reads: one document a page, under `/api/private`, signed in by the
 * session cookie (then `X-CSRF-Token` on writes) or a token. Not a public contract. Times are RFC 3339.
 *
 * | method and path                              | answer                                                    |
 * |----------------------------------------------|-----------------------------------------------------------|
 * | POST /api/private/session {login, password}  | SessionView; sets the cookie                              |
 * | GET, DELETE /api/private/session             | SessionView (401 when signed out); `{}`                   |
 * | GET /api/private/projects                    | { projects: ProjectView[] }                               |
 * | GET /api/private/pipelines?project=SLUG&branch=&mine=&page-token= | { items: PipelineView[], next: string\|null } |
 * | GET /api/private/pipelines/:id               | PipelinePageView                                          |
 * | GET /api/private/pipelines/:id/config        | { source, compiled }                                      |
 * | GET /api/private/pipelines/:id/events?page-token= | { items: PipelineEventView[], next: string\|null }     |
 * | GET /api/private/projects/events?project=SLUG&limit=&page-token= | { items: PipelineEventView[], next }, newest first: what made pipelines, or none, and what was set |
 * | GET /api/private/workflows/:id               | WorkflowPageView                                          |
 * | GET /api/private/jobs/:id                    | JobPageView (the id also as `VCS/ORG/REPO/NUMBER`)        |
 * | GET /api/private/jobs/:id/wait              | JobWaitView: what a job waits for                         |
 * | GET /api/private/jobs/:id/attempts         | { items: AttemptView[] }: every try at its tasks          |
 * | GET /api/private/steps/:id/output?offset=    | the bytes, text/plain; `X-Output-Size`, `X-Output-Closed` |
 * | GET /api/private/jobs/:id/usage               | JobUsageView: processor and memory, as they are used      |
 * | POST /api/private/jobs/:id/hold {slice, orders: HoldOrder[]} | `{}`: what its owner asks for in a failed job's environment |
 * | GET, POST /api/private/holds?project=SLUG {hold} | { hold }: whether failed jobs of a project are kept   |
 * | GET /api/private/agents                      | { agents: AgentView[] }; administrators of the installation |
 * | POST /api/private/agents/:id/drain, …/resume | DirectedAgentView: take nothing new, or go on             |
 * | POST /api/private/runs RunRequest             | { id, number, state, errors }: a pipeline of a commit without a branch |
 *
 * Actions (approve, cancel, rerun, trigger) go through API v2.
 */
export interface SessionView {
  readonly user: { readonly id: string; readonly login: string; readonly name: string; readonly admin: boolean }
  readonly csrfToken: string
  readonly organizations: readonly { readonly id: string; readonly slug: string; readonly name: string }[]
}

export interface ProjectView {
  readonly id: string
  readonly slug: string
  readonly organizationName: string
  readonly name: string
  readonly defaultBranch: string
  readonly cloneUrl: string
}

export interface PersonView {
  readonly id: string
  readonly login: string
}

export interface PipelineView {
  readonly id: string
  readonly number: number
  readonly project: ProjectView
  readonly state: PipelineState
  readonly errors: readonly { readonly type: string; readonly message: string }[]
  readonly trigger: PipelineTrigger
  /** Name of the schedule that made it; null: none did. */
  readonly schedule: string | null
  readonly triggeredBy: PersonView | null
  readonly createdAt: string
  readonly branch: string | null
  readonly tag: string | null
  readonly revision: string
  readonly subject: string
  readonly authorName: string
  readonly workflows: readonly WorkflowView[]
}

/** A pipeline on its own page. */
export interface PipelinePageView extends PipelineView {
  /** What runs and may surprise the config's author. */
  readonly warnings: PipelineView['errors']
}

/** One line of a pipeline's history: who, what, when and why. */
export interface PipelineEventView {
  readonly id: number
  readonly at: string
  readonly kind: string
  /** Login of the user; null when Rondo itself acted. */
  readonly who: string | null
  readonly workflow: string | null
  readonly job: string | null
  readonly what: string
  readonly why: string | null
}

export interface WorkflowView {
  readonly id: string
  readonly name: string
  readonly status: WorkflowStatus
  readonly createdAt: string
  readonly stoppedAt: string | null
  readonly rerunOf: string | null
  /** Who asked for the workflow; of an automatic rerun who began the first. */
  readonly startedBy: PersonView | null
  /** Which automatic rerun it is, from 1; 0: none. */
  readonly autoRerunNumber: number
  readonly maxAutoReruns: number
  readonly jobs: readonly JobView[]
}

export interface JobView {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly number: number | null
  readonly status: JobStatus
  /** Names of jobs of the same workflow. */
  readonly requires: readonly string[]
  readonly parallelism: number
  readonly queuedAt: string | null
  readonly startedAt: string | null
  readonly stoppedAt: string | null
  readonly approvedBy: PersonView | null
  readonly message: string | null
}

export interface WorkflowPageView {
  readonly workflow: WorkflowView
  readonly pipeline: PipelinePageView
}

export interface JobPageView {
  readonly job: JobView & {
    readonly executor: string | null
    readonly resourceClass: string | null
    readonly contexts: readonly string[]
  }
  readonly workflow: WorkflowView
  readonly pipeline: PipelineView
  readonly slices: readonly SliceView[]
  /** What the images in the config stood for, the primary container's first. */
  readonly images: readonly { readonly image: string; readonly digest: string }[]
  readonly artifacts: readonly {
    readonly path: string
    readonly nodeIndex: number
    readonly size: number
    readonly url: string
  }[]
  readonly tests: readonly TestView[]
}

/** One parallel slice: the newest attempt of a task. */
export interface SliceView {
  readonly index: number
  readonly phase: 'queued' | 'running' | 'finished'
  readonly result: string | null
  readonly attempt: number
  /** Until when the environment of its failed attempt stays for its owner; null: it does not. */
  readonly heldUntil: string | null
  readonly steps: readonly StepView[]
}

export interface StepView {
  readonly id: string
  readonly index: number
  readonly name: string
  readonly type: string
  readonly command: string | null
  readonly phase: 'queued' | 'running' | 'finished'
  readonly result: string | null
  readonly exitCode: number | null
  /** How often it was run again after it failed (`max_auto_reruns`). */
  readonly reruns: number
  readonly background: boolean
  readonly startedAt: string
  readonly finishedAt: string | null
  readonly outputBytes: number
  readonly truncated: boolean
  /** Kept for as long as the retention policy says, and gone since. */
  readonly outputExpired: boolean
}

export interface TestView {
  readonly name: string
  readonly classname: string
  readonly file: string | null
  readonly result: 'success' | 'failure' | 'error' | 'skipped'
  readonly message: string
  readonly runTime: number
}

/** A pipeline of one commit that was pushed under `refs/rondo/`, for `rondo run`. */
export interface RunRequest {
  /** Slug of the project: `gh/acme/web`. */
  readonly project: string
  readonly revision: string
  /** The branch that the config and the job shall see. */
  readonly branch: string
  /** A workflow, a job, or `WORKFLOW/JOB`; all workflows without it. */
  readonly only?: string
  /** With a job: also what it requires. */
  readonly withRequired?: boolean
  /** Approval jobs that are about to be approved; refused when one is not in what would run. */
  readonly approvals?: readonly string[]
  readonly parameters?: Readonly<Record<string, string | number | boolean>>
  /** What the config and the jobs shall be told the repository is called, where that is not its project's name. */
  readonly calledAs?: { readonly organization: string; readonly repository: string }
}

/** What the slices of a job use, one number a step of time, from `startedAt` on. */
export interface JobUsageView {
  readonly slices: readonly {
    readonly index: number
    readonly startedAt: string
    readonly intervalMs: number
    /** Cores it may use. */
    readonly cpus: number
    readonly memoryLimitBytes: number
    readonly cpuCores: readonly number[]
    readonly memoryBytes: readonly number[]
  }[]
}

/** A machine that runs tasks. */
export interface AgentView {
  readonly id: string
  readonly name: string
  readonly hostname: string
  readonly executors: readonly string[]
  /** `closed`: it takes nothing new for a reason of its own, such as a full disk. */
  readonly state: 'ready' | 'draining' | 'drained' | 'closed' | 'unreachable'
  /** How it stands, in a line for people. */
  readonly status: string
  readonly tasks: number
  /** Null for an agent that never said. */
  readonly maxTasks: number | null
  readonly cpus: number
  readonly memoryMb: number
  readonly drainingSince: string | null
  readonly refusal: string | null
  /** Known holes of its container engine, each as a sentence with its cure. */
  readonly faults: readonly string[]
  readonly silentMs: number
  /** Tasks that it has now, oldest first. */
  readonly running: readonly RunningTaskView[]
}

/** An agent that was asked to take nothing new, or to go on. */
export interface DirectedAgentView extends AgentView {
  /** What it kept of failed jobs for their owners, which ends with this. */
  readonly ending: readonly RunningTaskView[]
}

/** A token that counts, by which somebody may be an agent; see `AgentToken` of the model. */
export interface AgentTokenView {
  readonly id: string
  readonly kind: 'local' | 'agent' | 'join'
  readonly name: string
  readonly createdAt: string
  readonly createdBy: string | null
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
  /** Of a joining token: how many machines it may still let in; null: any number. */
  readonly usesLeft: number | null
  readonly joinedBy: string | null
}

/** Shown once. */
export interface NewAgentTokenView extends AgentTokenView {
  readonly token: string
}

export interface RunningTaskView {
  readonly jobId: string
  readonly jobName: string
  readonly projectSlug: string
  readonly slice: number
  /** RFC 3339. */
  readonly since: string
  /** It failed, and its environment stays for its owner. */
  readonly held: boolean
}

/** What a job waits for. `ahead` is null where there is no line. */
export interface JobWaitView {
  readonly kind: 'jobs' | 'approval' | 'lock' | 'limit' | 'no-agent' | 'room' | 'none'
  readonly text: string
  readonly ahead: number | null
  /** Milliseconds until it is expected to start; null: nobody can say, for the reason in `unknown`. */
  readonly expectedMs: number | null
  readonly unknown: string | null
  readonly waitedMs: number
}

/** A try at one of a job's tasks; its steps and their output stay reachable. */
export interface AttemptView {
  readonly id: string
  readonly slice: number
  readonly number: number
  readonly agent: string
  readonly phase: 'claimed' | 'running' | 'finished'
  readonly result: string | null
  /** As API v2 names it; `retried` of one that was lost and has a successor. */
  readonly status: JobStatus
  readonly claimedAt: string
  readonly finishedAt: string | null
  readonly steps: readonly StepView[]
}
