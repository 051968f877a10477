import type {
  ChoreKind,
  Job,
  JobImage,
  JobWithPlan,
  Phase,
  Pipeline,
  PipelineInSetup,
  RequiredStatus,
  Result,
  Schedule,
  StoredObject,
  TaskLimit,
  TestResult,
  Workflow,
} from '@rondo/model'

/** Rows as the in-memory store keeps them; never changed in place. Times are milliseconds of the database's clock. */
export interface ProjectRow {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly pipelineNumber: number
  readonly buildNumber: number
}

export type PipelineRow = Pipeline & Pick<PipelineInSetup, 'setupSource' | 'values' | 'given' | 'continuation'>

/** `retired`: its pipeline was taken by retention, and it is shown nowhere. */
export type WorkflowRow = Workflow & { readonly retired?: true }

export type JobRow = JobWithPlan

/** A job as lists have it. */
export function withoutPlan({ plan: _plan, ...job }: JobRow): Job {
  return job
}

/** What a blocked job waits for; gone when the required job has ended. */
export interface RequirementRow {
  readonly requiredId: string
  readonly jobId: string
  readonly statuses: readonly RequiredStatus[]
}

/** What a job left: rows that only ever are added. */
export type LeftRow =
  | { readonly kind: 'layer'; readonly slice: number; readonly object: StoredObject }
  | { readonly kind: 'artifact'; readonly slice: number; readonly path: string; readonly object: StoredObject }
  | { readonly kind: 'image'; readonly slice: number; readonly image: JobImage }
  | { readonly kind: 'tests'; readonly slice: number; readonly tests: readonly TestResult[] }
  | { readonly kind: 'ssh'; readonly userId: string }

export interface TaskRow {
  readonly id: string
  readonly jobId: string
  readonly index: number
  readonly phase: Phase
  readonly result: Result | null
  readonly executor: string
  readonly cpus: number
  readonly memoryMb: number
  readonly attemptId: string | null
  readonly attempts: number
  readonly epoch: number
  readonly stopReason: 'canceled' | 'timed-out' | null
  readonly queuedAt: number
  readonly organizationId: string
  readonly projectId: string
  readonly resourceClass: string
  readonly promotedAt: number | null
  readonly reservedBy: string | null
  readonly reservedUntil: number
}

/** By the three parts of its scope. */
export type LimitRow = TaskLimit

export interface AttemptRow {
  readonly id: string
  readonly taskId: string
  readonly number: number
  readonly epoch: number
  readonly agentId: string
  readonly phase: 'claimed' | 'running' | 'finished'
  readonly result: Result | null
  readonly acknowledged: number
  readonly claimedAt: number
  readonly leaseExpiresAt: number
  readonly grantedAt: number | null
}

export interface StepRow {
  readonly id: string
  readonly attemptId: string
  readonly index: number
  readonly phase: Phase
  readonly result: Result | null
  readonly outputBytes: number
  /** Its bytes are gone. */
  readonly outputExpired?: true
}

export interface CacheRow {
  readonly projectId: string
  readonly source: string
  readonly key: string
  readonly object: StoredObject
  readonly createdAt: number
  readonly order: string
}

export interface LockRow {
  readonly jobId: string
  readonly key: string
  readonly organizationId: string
  readonly projectId: string
  readonly pipelineNumber: number
  readonly workflowId: string
  readonly held: boolean
  readonly order: number
  readonly since: number
}

export interface ChoreRow {
  readonly id: number
  readonly kind: ChoreKind
  readonly subjectId: string
  readonly dueAt: number
}

export interface InstanceRow {
  readonly roles: readonly string[]
  readonly since: number
  readonly seenAt: number
}

export interface RequestKeyRow {
  readonly fingerprint: string
  readonly madeId: string | null
  readonly at: number
}

/** What a request with a key has reserved. */
export interface ReservationRow {
  readonly id: string
  readonly number: number
  readonly at: number
}

export interface ScheduleRow {
  readonly projectId: string
  readonly branch: string
  readonly nextAt: number | null
  /** Of the API; null: of a config. */
  readonly schedule: Schedule | null
}
