import type { AdministrationEntry, HistoryEntry } from '../event.ts'
import type { Page, PageRequest } from './page.ts'

/** What operators look at when something seems stuck. */
export interface Operations {
  /** A loop of a server tells how its last round went. */
  recordLoop(loop: LoopRound): Promise<void>
  loops(): Promise<readonly LoopState[]>
  /** What dispatcher and scheduler did, the newest last; of one build (by its job's id), of schedules alone, or of all. */
  dispatches(options: {
    readonly limit: number
    readonly jobId?: string
    readonly schedules?: boolean
    readonly after?: number
  }): Promise<readonly DispatchEntry[]>
  /**
   * Who limited, blocked, promoted, set a setting, made a token or an agent, or changed the registry: in an organisation, or (null) everywhere.
   * Newest first.
   */
  administration(organizationId: string | null, page: PageRequest): Promise<Page<AdministrationEntry>>
  /**
   * Each lock or serial group that somebody holds or waits for, by organisation and key; of an organisation, or (null) of all. `places`: so many
   * of each line.
   */
  locks(options: { readonly organizationId: string | null; readonly places: number }): Promise<readonly LockLine[]>
  /** Ids of pipelines of which a workflow has not ended, or something is still to come. */
  openPipelines(): Promise<readonly string[]>
}

export interface LockLine {
  /** `gh/ORG`: a key means one lock in an organisation, whatever the project. */
  readonly organizationSlug: string
  readonly key: string
  /** Null: nobody, since all that wait are blocked. */
  readonly holder: LockLineEntry | null
  /** Who waits, the first first; those that are blocked keep their place, and are passed over. */
  readonly line: readonly LockLineEntry[]
  /** How many wait in all. */
  readonly waiting: number
}

export interface LockLineEntry {
  readonly projectSlug: string
  readonly pipelineNumber: number
  readonly workflowId: string
  readonly workflowName: string
  /** The node of the workflow that holds the lock or waits for it. */
  readonly jobName: string
  /** New work of its project is blocked. */
  readonly blocked: boolean
  /** It holds the lock, or waits for it, since then. */
  readonly since: Date
}

export interface LoopRound {
  readonly name: string
  /** Host and process. */
  readonly server: string
  /** Between rounds. */
  readonly pauseMs: number
  readonly tookMs: number
  /** Why the round failed; null: it did not. */
  readonly problem: string | null
}

export interface LoopState extends Omit<LoopRound, 'problem'> {
  readonly roundAt: Date
  /** Since it told last. */
  readonly silentMs: number
  /** Of the last round that failed. */
  readonly failedAt: Date | null
  readonly problem: string | null
}

export interface DispatchEntry extends HistoryEntry {
  /** `ORG/REPO/NUMBER`; without the number where it is about no job, or one that has none yet. */
  readonly build: string | null
  readonly resourceClass: string | null
  readonly revision: string | null
  /** Tasks of the job. */
  readonly parallelism: number | null
}
