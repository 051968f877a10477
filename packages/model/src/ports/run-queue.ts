import type { ExpectedStart, ForecastFacts, ForetoldKind } from '../forecast.ts'
import type { Resources } from '../resource-class.ts'
import type { TaskLimit } from '../run-queue.ts'
import type { JobStatus } from '../status.ts'
import type { LastChange } from './settings-store.ts'

/** What administrators and pages see of the queue, and what administrators do to it. */
export interface RunQueue {
  /** Counts of what the filter lets through; agents are all there are. */
  summary(filter?: SummaryFilter): Promise<QueueSummary>
  /** Waiting tasks from the head or the tail of the queue. */
  entries(end: 'head' | 'tail', limit: number, filter?: QueueFilter): Promise<readonly QueueEntry[]>
  /** Jobs all of whose tasks still wait and that match, the longest waiting first, with how many there are in all. */
  matching(filter: QueueFilter, limit: number): Promise<{ readonly jobs: number; readonly jobIds: readonly string[] }>
  /** What is known of a job that waits; undefined: there is no such job. */
  wait(jobId: string): Promise<WaitFacts | undefined>
  /** Puts the waiting tasks of these jobs before all others, in the order in which they are given, limits or not. Answers how many tasks. */
  promote(jobIds: readonly string[], actorId?: string | null): Promise<number>
  /** What decides when waiting jobs start; undefined: none waits. */
  forecastFacts(): Promise<ForecastFacts | undefined>
  /** Keeps the first forecast of each job (by id) for each kind of wait, and notes which of the earlier ones did start. */
  saveForecasts(starts: ReadonlyMap<string, ExpectedStart>): Promise<void>
  /** How far off foretold starts were, of the jobs that started within a day; a kind that none waited for is left out. */
  forecastQuality(scope?: Pick<QueueFilter, 'organizationId' | 'projectId'>): Promise<readonly ForecastQuality[]>
  limits(): Promise<readonly TaskLimit[]>
  /** The same, each with who set it and when. */
  limitRecords(): Promise<readonly LimitRecord[]>
  /**
   * Sets, changes or (undefined) takes away how many tasks may run at once. `byInstallation` (so when it is left out): an administrator of
   * the installation asks; AppError `forbidden` when one had set what another one would change. Locks that nobody could be given
   * while work was blocked go to who is first now.
   */
  setLimit(
    scope: Omit<TaskLimit, 'id' | 'maxTasks'>,
    maxTasks: number | undefined,
    actorId?: string | null,
    byInstallation?: boolean,
  ): Promise<void>
}

export interface LimitRecord extends TaskLimit {
  /** `gh/ORG`, of a project's limit as well; null: of the installation. */
  readonly organizationSlug: string | null
  /** `gh/ORG/REPO`; null: of an organisation or the installation. */
  readonly projectSlug: string | null
  /** An administrator of the installation has set it: nobody else lifts it. */
  readonly byInstallation: boolean
  /** Null: nothing is known of it, as of those of the oldest servers. */
  readonly lastChange: LastChange | null
}

/** Which waiting jobs are meant; what is left out does not matter. */
export interface QueueFilter {
  readonly jobIds?: readonly string[]
  readonly organizationId?: string
  readonly projectId?: string
  readonly branch?: string
  readonly resourceClass?: string
  /** Waited at least this long. */
  readonly olderThanMs?: number
}

/** What also tasks that run can be told apart by. */
export type SummaryFilter = Omit<QueueFilter, 'olderThanMs'>

/** Of the waits of one kind: by how many milliseconds the first forecast was off. */
export interface ForecastQuality {
  readonly kind: ForetoldKind
  readonly jobs: number
  readonly medianErrorMs: number
  readonly p90ErrorMs: number
  /** How long they waited after the forecast. */
  readonly medianWaitMs: number
  /** All errors together, as a part of all waits together, of waits of a second and more; null: there was none. */
  readonly errorShare: number | null
}

export interface QueueSummary {
  /** Held back by a limit. */
  readonly held: number
  /** Could run when there is room for them. */
  readonly waiting: number
  readonly running: number
  /** Of the task that waits longest; null: none waits. */
  readonly oldestMs: number | null
  readonly agents: readonly AgentState[]
}

export interface AgentState extends Resources {
  readonly id: string
  readonly name: string
  readonly executors: readonly string[]
  /** Since it was heard of last. */
  readonly silentMs: number
  readonly tasks: number
  /** Why it takes nothing new, being drained or by its own word; null: it takes what has room. */
  readonly refusal: string | null
}

export interface QueueEntry {
  readonly jobId: string
  readonly jobName: string
  readonly jobNumber: number | null
  readonly branch: string | null
  readonly projectId: string
  readonly projectSlug: string
  readonly slice: number
  readonly executor: string
  readonly resourceClass: string
  readonly promoted: boolean
  readonly waitedMs: number
  /** What holds it back, if a limit does, with how many tasks run under it. */
  readonly limit: (TaskLimit & { readonly running: number }) | null
}

export interface WaitFacts {
  readonly jobId: string
  readonly status: JobStatus
  readonly waitedMs: number
  readonly before: JobsBefore
  readonly lock: LockWait | null
  readonly queue: QueueWait | null
}

/** Names of jobs of its workflow that have not ended. */
export interface JobsBefore {
  /** They must end first. */
  readonly requires: readonly string[]
  /** Approvals somewhere on the way to it. */
  readonly approvals: readonly string[]
  /** Those on the way to it that must not pass, if it is to start. */
  readonly unlessPassed: readonly string[]
}

export interface LockWait {
  readonly key: string
  /** Lock nodes before this one, the holder included; not those that are passed over because new work of their project is blocked. */
  readonly ahead: number
  /** It is passed over itself: new work of its project is blocked. */
  readonly blocked: boolean
  readonly holder: LockHolder | null
}

export interface LockHolder {
  readonly projectSlug: string
  readonly pipelineNumber: number
  readonly workflowId: string
  /** New work of its project is blocked, by a limit of its own, of its organisation, or of everybody. */
  readonly blocked: boolean
}

export interface QueueWait {
  readonly executor: string
  readonly resourceClass: string
  readonly cpus: number
  readonly promoted: boolean
  readonly slices: number
  readonly waitingSlices: number
  /** Tasks that wait for the same executor and came before, or were put before; others may be given their turn earlier. */
  readonly cameBefore: number
  readonly limit: TaskLimit | null
  /** Agents heard of lately that run this executor but take nothing new, and why. */
  readonly refusals: readonly { readonly agent: string; readonly why: string }[]
  /** Agents heard of lately that run this executor and take tasks, and all that run others. */
  readonly fittingAgents: number
  readonly otherAgents: number
  /** CPUs of the largest of those that take tasks; null: there is none. */
  readonly largestCpus: number | null
  /** Tasks of the executor that were started within the last ten minutes. */
  readonly startsInTenMinutes: number
}
