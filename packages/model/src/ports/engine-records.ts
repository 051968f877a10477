import type { Job, JobWithPlan } from '../job.ts'
import type { Continuation, Pipeline, PipelineValues } from '../pipeline.ts'
import type { Resources } from '../resource-class.ts'
import type { Task } from '../task.ts'
import type { Workflow } from '../workflow.ts'

/** One process of the server; an installation may have its roles split over several. */
export interface ServerInstance {
  /** One process at a time has it. */
  readonly name: string
  readonly roles: readonly string[]
}

/** Processes of a role that were heard of without a pause longer than `awayAfterMs`, for at least `forMs`, by the database's clock. */
export interface ServedTerm {
  readonly role: string
  readonly awayAfterMs: number
  readonly forMs: number
}

export interface FencedRef {
  readonly attemptId: string
  readonly epoch: number
}

export interface AgentRecord {
  readonly name: string
  readonly hostname: string
  readonly cpus: number
  readonly memoryMb: number
  /** What it can run; a host sandbox runs docker jobs. */
  readonly executors: readonly string[]
}

export interface ClaimTerms {
  /** A task larger than the machine counts as the whole machine. */
  readonly machine: Resources
  readonly leaseMs: number
}

export interface ClaimQuery extends ClaimTerms {
  readonly agentId: string
  readonly free: Resources & { readonly tasks: number }
  readonly executors: readonly string[]
}

export interface ClaimedTask extends FencedRef, Resources {
  readonly jobName: string
}

export interface StopOrder {
  readonly attemptId: string
  readonly reason: 'canceled' | 'timed-out' | 'gone'
}

export interface ExpiredAttempt extends FencedRef {
  readonly agentId: string
  readonly granted: boolean
  /** Milliseconds since the lease ran out. */
  readonly lateMs: number
  readonly attempts: number
  /** Milliseconds for which its agent was there after that, without a break, and did not speak of it; null: it was silent. */
  readonly unspokenMs: number | null
}

export interface AttemptIdentity extends FencedRef {
  readonly taskId: string
  readonly taskIndex: number
  readonly jobId: string
  readonly workflowId: string
  readonly pipelineId: string
  readonly projectId: string
  readonly organizationId: string
  readonly granted: boolean
}

export interface AttemptContext {
  readonly identity: AttemptIdentity
  readonly job: JobWithPlan
  readonly resources: Resources
  /** Digests of the job's images in its newest run before, or in a slice of this one, by position. */
  readonly imageDigests: readonly (string | null)[]
  readonly workflow: Workflow
  readonly pipeline: Pipeline
  /** Whether the attempt is the newest of its task and has not ended. */
  readonly open: boolean
  /** Number of the newest job before this one on the same branch, among the hundred before it; null: there is none. */
  readonly previousNumber: number | null
  /** By the database's clock. */
  readonly claimedAt: Date
  /** Whether somebody may enter the job over SSH. */
  readonly ssh: boolean
  /** Whether the project gives its secrets to pull requests from forks. */
  readonly trustsForks: boolean
  /** Of whoever triggered the pipeline; null when it was nobody in particular. */
  readonly actorLogin: string | null
  readonly organizationId: string
  readonly organizationName: string
  readonly projectName: string
}

/** What every decision about a workflow needs of it; the same for any number of jobs. */
export interface WorkflowHead {
  readonly workflow: Workflow
  readonly organizationId: string
  /** Since the pipeline was made, by the database's clock. */
  readonly pipelineAgeMs: number
  /** Whether it has lock nodes; then its jobs are decided on together. */
  readonly hasLocks: boolean
}

/** The whole graph of a workflow, as it costs to read it. */
export interface WorkflowSnapshot extends WorkflowHead {
  readonly jobs: readonly Job[]
  readonly tasks: readonly Task[]
  /** What the workflow's lock nodes hold or wait for. */
  readonly locks: readonly LockEntry[]
}

/** A lock node's place in its key's queue. */
export interface LockEntry {
  readonly jobId: string
  readonly key: string
  readonly held: boolean
}

/** Milliseconds a job may take; by the database's clock. */
export interface AllowedTimes {
  /** From the first grant of a start to the end. */
  readonly runMs: number
  /** In the queue, until an agent takes its first task. */
  readonly queueMs: number
  /** For somebody to approve. */
  readonly approvalMs: number
  /** For a lock. */
  readonly lockMs: number
}

export interface OverdueJob {
  readonly jobId: string
  readonly workflowId: string
  readonly doing: 'run' | 'queue' | 'approval' | 'lock'
}

/**
 * What must follow a commit. Written in the transaction that made it due and carried out afterwards, at least once:
 * `advance` decides a workflow again, `supersede` cancels what a pipeline makes redundant, `close-output` ends a step's output.
 */
export interface Chore {
  readonly id: number
  readonly kind: ChoreKind
  readonly subjectId: string
  /** Of an output to be closed: what the step's agent says it sent; absent when it ended without a word. */
  readonly sent?: { readonly bytes: number; readonly sha256: string }
}

export type ChoreKind = 'advance' | 'supersede' | 'close-output'

/** The next pipeline of a project, before it exists. */
export interface ReservedPipeline extends Pick<Pipeline, 'id' | 'number'> {
  /** Names of the contexts that the project may use. */
  readonly contexts: readonly string[]
}

/** A pipeline with what its continuation is decided on and compiled with. */
export interface PipelineInSetup {
  readonly pipeline: Pipeline
  readonly organizationId: string
  /** Since the pipeline was made, by the database's clock. */
  readonly ageMs: number
  readonly setupSource: string
  readonly values: PipelineValues
  /** Parameters of the trigger, as they were given. */
  readonly given: Readonly<Record<string, unknown>>
  /** Accepted and not compiled yet. */
  readonly continuation: Continuation | null
}
