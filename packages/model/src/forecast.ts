import type { NodeType, Requirement } from './plan.ts'
import type { Resources } from './resource-class.ts'
import type { QueueLine, QueueShare, RunningTasks, TaskLimit } from './run-queue.ts'
import type { JobStatus } from './status.ts'

/** What decides when waiting jobs start, as far as anybody knows. Times are milliseconds, counted from the moment of reading. */
export interface ForecastFacts {
  /** Those that take tasks. */
  readonly agents: readonly ForecastAgent[]
  readonly running: readonly ForecastRunning[]
  readonly lines: readonly ForecastLine[]
  /** Jobs that have not ended, of all workflows in which something runs, waits in a line, or has to do with a lock. */
  readonly jobs: readonly ForecastJob[]
  /** Who holds and who waits for locks, in the order of arrival. */
  readonly locks: readonly ForecastLock[]
  /** How long it took lately from the end of one task until its agent had the next that waited. */
  readonly handoverMs: number
  readonly limits: readonly TaskLimit[]
  readonly shares: readonly QueueShare[]
  readonly given: readonly RunningTasks[]
}

export interface ForecastAgent {
  readonly id: string
  readonly executors: readonly string[]
  readonly machine: Resources
  /** How many tasks it runs at once, however small; null: it never said. */
  readonly maxTasks: number | null
}

/** A task that an agent has. */
export interface ForecastRunning extends Resources {
  readonly jobId: string
  readonly agentId: string
  readonly organizationId: string
  readonly projectId: string
  readonly resourceClass: string
  /** Since the agent took it. */
  readonly elapsedMs: number
}

/** A line of the queue with its first tasks. */
export interface ForecastLine extends Omit<QueueLine, 'promoted' | 'since' | 'taskId'> {
  readonly tasks: readonly (Pick<QueueLine, 'promoted' | 'since' | 'taskId'> & { readonly jobId: string })[]
  /** There are more behind these. */
  readonly goesOn: boolean
}

export interface ForecastJob {
  readonly id: string
  readonly workflowId: string
  readonly organizationId: string
  readonly projectId: string
  readonly name: string
  readonly type: NodeType
  readonly status: JobStatus
  readonly requires: readonly Requirement[]
  readonly lockKey: string | null
  readonly slices: number
  /** Null where its config names none, and for nodes without work. */
  readonly executor: 'docker' | 'machine' | 'macos' | null
  readonly resourceClass: string | null
  /** How long an agent had tasks of this job lately; where it never ran, of its project, or of any. Ascending. */
  readonly lengths: readonly number[]
}

export interface ForecastLock {
  readonly organizationId: string
  readonly projectId: string
  readonly key: string
  readonly jobId: string
  readonly workflowId: string
  readonly held: boolean
}

/** What a job waits for that starts can be foretold of. */
export type ForetoldKind = 'jobs' | 'lock' | 'limit' | 'room'

export interface ExpectedStart {
  readonly kind: ForetoldKind
  readonly inMs: number
  /** Tasks that wait now and go before it: for the same executor or, where a limit holds it back, under that limit. Null: it is in no line. */
  readonly ahead: number | null
}
