import type { PipelineEventView } from './views.ts'

/**
 * What administrators read and do, under `/api/private/admin`; signed in as for the pages. `organization` (`gh/ORG`) or
 * `project` (`gh/ORG/REPO`) narrows a request to what its administrators may; without them it is for those of the installation.
 *
 * | method and path                                                        | answer                                       |
 * |------------------------------------------------------------------------|----------------------------------------------|
 * | GET /queue?organization=&project=&branch=&class=&limit=                 | QueuePageView                                |
 * | POST /queue/promote {jobs?, organization?, project?, branch?, resourceClass?, olderThanSeconds?, limit?} | { jobs, tasks } |
 * | POST /queue/cancel {the same filter, preview?, limit?}                  | { matching, canceled }                       |
 * | PUT /limits {organization?, project?, resourceClass?, maxTasks}         | { limits: LimitView[], wasSet? }: with null, whether there was one |
 * | GET /limits?organization=&project=                                      | { limits: LimitView[] }                      |
 * | GET /locks?organization=&limit=                                        | { locks: LockView[] }: so many of each line |
 * | GET /history?organization=&limit=&page-token=                          | AdministrationPageView: who did what, newest first |
 * | GET /settings, PUT /settings {organization?, project?, name, value}     | SettingsPageView                             |
 * | GET /retention                                                         | RetentionView: what would go, deleting nothing |
 * | GET /health                                                            | { loops: LoopView[] }                        |
 * | GET /dispatcher?job=&schedules=true&limit=&after=                      | { items: EvidenceView[] }: what dispatcher and scheduler did |
 */
export interface QueuePageView {
  /** The usage queue: what a limit holds back. */
  readonly held: number
  /** The run queue: what runs as soon as there is room. */
  readonly waiting: number
  readonly running: number
  readonly oldestMs: number | null
  /** Null for administrators of an organisation, who are told nothing of machines that all share. */
  readonly agents:
    | readonly {
        readonly id: string
        readonly name: string
        readonly cpus: number
        readonly memoryMb: number
        readonly executors: readonly string[]
        readonly silentMs: number
        readonly tasks: number
        /** Why it takes nothing new, as when it is drained; null: it takes what has room. */
        readonly refusal: string | null
      }[]
    | null
  /** Why no agent at all takes anything new, as when all are drained; null: one does. */
  readonly noneTakes: string | null
  readonly limits: readonly LimitView[]
  readonly head: readonly QueueEntryView[]
  readonly tail: readonly QueueEntryView[]
  /** Of each kind of wait that somebody had. */
  readonly forecasts: readonly ForecastView[]
}

/** How well starts were foretold, of the jobs that started within a day and had waited for one kind of thing. */
export interface ForecastView {
  readonly kind: 'jobs' | 'lock' | 'limit' | 'room'
  readonly jobs: number
  /** Half of the first forecasts were off by less. */
  readonly medianErrorMs: number
  /** Nine in ten were off by less. */
  readonly p90ErrorMs: number
  /** How long half of them waited at most after the forecast. */
  readonly medianWaitMs: number
  /** All errors together, as a part of all waits together, of waits of a second and more; null: there was none. */
  readonly errorShare: number | null
}

export interface QueueEntryView {
  readonly jobId: string
  readonly jobName: string
  readonly jobNumber: number | null
  readonly projectSlug: string
  readonly branch: string | null
  readonly slice: number
  readonly executor: string
  readonly resourceClass: string
  readonly promoted: boolean
  readonly waitedMs: number
  /** A limit holds it back. */
  readonly held: boolean
  /** What keeps it from starting beside its place in line, such as `limit of 3 for class large of gh/acme, 3 running`; null: nothing but room is missing. */
  readonly why: string | null
  /** Milliseconds until the job is expected to start; null: nobody can say. */
  readonly expectedMs: number | null
}

export interface LimitView {
  readonly organization: string | null
  readonly project: string | null
  readonly resourceClass: string | null
  readonly maxTasks: number
  /** An administrator of the installation has set it: nobody else lifts it. */
  readonly held: boolean
  readonly lastChange: LastChangeView | null
}

/** Who set something last, and when. */
export interface LastChangeView {
  /** Login; null: Rondo itself. */
  readonly by: string | null
  readonly at: string
}

/** What administrators did, newest first. */
export interface AdministrationPageView {
  readonly items: readonly AdministrationEventView[]
  /** The `page-token` of what came before; null: that is all. */
  readonly next: string | null
}

export interface AdministrationEventView extends PipelineEventView {
  /** `gh/ORG/REPO` or `gh/ORG`; null: the installation, or somebody's own. */
  readonly place: string | null
}

export interface SettingsPageView {
  readonly settings: readonly {
    readonly name: string
    readonly unit: string
    readonly min: number
    readonly max: number
    readonly zero: string | null
    readonly summary: string
    /** What holds here. */
    readonly value: number
    /** Whether it is set here, and not only further up. */
    readonly set: boolean
    /** An administrator of the installation has set it, here or for the organisation: nobody else changes it. */
    readonly held: boolean
    /** Of the value that holds here, wherever it is set; null: nobody set it, or it is not known any more. */
    readonly lastChange: LastChangeView | null
    readonly variable: string
    readonly standard: number
  }[]
  /** Organisations and projects that have it otherwise. */
  readonly exceptions: readonly {
    readonly slug: string
    readonly values: Readonly<Record<string, number>>
    /** By the name of the setting. */
    readonly changes: Readonly<Record<string, LastChangeView>>
  }[]
}

export interface RetentionView {
  readonly items: readonly {
    readonly project: string
    readonly kind: string
    readonly days: number
    readonly count: number
    readonly bytes: number
  }[]
  readonly total: { readonly count: number; readonly bytes: number }
}

/** A lock or serial group: who holds it, and who waits for it in which order. */
export interface LockView {
  /** `gh/ORG`: a key means one lock in an organisation, whatever the project. */
  readonly organization: string
  readonly key: string
  /** Null: nobody, since all that wait are blocked. */
  readonly holder: LockPlaceView | null
  readonly line: readonly LockPlaceView[]
  /** How many wait in all: `line` may end before. */
  readonly waiting: number
}

export interface LockPlaceView {
  readonly projectSlug: string
  readonly pipelineNumber: number
  readonly workflowId: string
  readonly workflow: string
  /** The job, job group or lock node of the workflow. */
  readonly job: string
  /** New work of its project is blocked: it keeps its place and is passed over; a holder keeps the lock until its jobs have ended. */
  readonly blocked: boolean
  readonly since: string
}

/** A loop of a server that goes on by itself. */
export interface LoopView {
  readonly name: string
  readonly server: string
  readonly roundAt: string
  readonly tookMs: number
  /** The last round that failed, with its reason. */
  readonly failedAt: string | null
  readonly problem: string | null
  /** It has not been heard of for longer than it pauses. */
  readonly late: boolean
  /** Its server was ended, and another goes on with it: no trouble. */
  readonly gone: boolean
}

/** One line of what dispatcher and scheduler did. */
export interface EvidenceView {
  readonly id: number
  readonly at: string
  readonly kind: string
  /** `ORG/REPO/NUMBER`, as builds are called; `ORG/REPO` of what is about no build. */
  readonly build: string | null
  readonly jobId: string | null
  readonly text: string
}
