import type { JobImage, StoredObject, TestResult, TestTiming, TimingKey, WorkspaceLayer } from '../build-data.ts'
import type { NewEvent } from '../event.ts'
import type { Job, JobWithPlan } from '../job.ts'
import type { Result } from '../outcome.ts'
import type { CompiledConfig, Continuation, Pipeline, PipelineConfig, PipelineValues } from '../pipeline.ts'
import type { JobPlan, RequiredStatus } from '../plan.ts'
import type { Resources } from '../resource-class.ts'
import type { Schedule } from '../schedule.ts'
import type { JobStatus, WorkflowStatus } from '../status.ts'
import type { Task } from '../task.ts'
import type { Workflow } from '../workflow.ts'

/** What the conductor writes through. Every change of state and its events are written in one transaction (rule D-06). */
export interface EngineStore {
  /** Runs `work` in one transaction; notifications and events become visible with its commit. Never spans a network call. */
  transact<T>(work: (tx: EngineTransaction) => Promise<T>): Promise<T>
  /** Records an agent by name; answers its id. */
  saveAgent(agent: AgentRecord): Promise<string>
  /** Takes queued tasks that fit, in the order of `nextLine`; each gets a new attempt, a higher epoch and a lease. */
  claim(request: ClaimQuery): Promise<readonly ClaimedTask[]>
  /** What the agent claimed before, did not start and does not know of: the answer was lost. Extends those leases. */
  claimedUnknown(agentId: string, known: readonly string[], terms: ClaimTerms): Promise<readonly ClaimedTask[]>
  /** Extends the leases of the agent's attempts; answers those to stop. By the database's clock (rule D-04). */
  renew(agentId: string, attempts: readonly FencedRef[], leaseMs: number): Promise<readonly StopOrder[]>
  /** Attempts whose lease ran out, oldest first. */
  expired(limit: number): Promise<readonly ExpiredAttempt[]>
  /** Gives every open lease a full term again, after a time in which nobody could renew (rule D-05). */
  refreshLeases(leaseMs: number): Promise<void>
  /** Says that a server process lives and what it does; told again every few seconds. */
  announce(instance: ServerInstance, awayAfterMs: number): Promise<void>
  /**
   * Since when one process with this role has been heard of without a pause longer than `awayAfterMs`, by the database's
   * clock; undefined while there is none.
   */
  servedSince(role: string, awayAfterMs: number): Promise<Date | undefined>
  /** AppError `gone` unless this attempt is the newest of its task, not finished, and this agent's (rule D-02). */
  check(agentId: string, ref: FencedRef): Promise<AttemptIdentity>
  /** Sequence number up to which an attempt of the agent is known that has ended; undefined for any other. */
  lastWord(agentId: string, ref: FencedRef): Promise<number | undefined>
  stepId(attemptId: string, step: number): Promise<string | undefined>
  findCache(
    projectId: string,
    keys: readonly string[],
  ): Promise<{ key: string; object: StoredObject; createdAt: Date } | undefined>
  hasCache(projectId: string, key: string): Promise<boolean>
  /** Whether an object is a cache of the project or a workspace layer of one of these jobs. */
  mayRead(projectId: string, jobIds: readonly string[], digest: string): Promise<boolean>
  /** Layers of these jobs, by their order here, then slice, then sequence. */
  workspaceLayers(jobIds: readonly string[]): Promise<readonly WorkspaceLayer[]>
  /**
   * How long tests took in the newest run of the same job that had ended before this one was made, on the same branch when
   * there is one. Every slice gets the same answer, however late it asks.
   */
  testTimings(jobId: string, by: TimingKey): Promise<readonly TestTiming[]>
  /** Pipelines whose continuation was accepted and is to be compiled, oldest first. */
  pendingPipelines(limit: number): Promise<readonly string[]>
  pipelineInSetup(id: string): Promise<PipelineInSetup | undefined>
  /** What must follow a commit and is due, in order. */
  dueChores(limit: number): Promise<readonly Chore[]>
  /** Looks at a chore that could not be done again after this time. */
  postponeChore(id: number, afterMs: number): Promise<void>
  /**
   * Jobs that have taken longer than allowed at what they are doing; at most `limit` of each kind, oldest first.
   * `exceptions`: what is allowed in some projects instead, by their ids.
   */
  overdue(
    allowed: AllowedTimes,
    limit: number,
    exceptions?: Readonly<Record<string, AllowedTimes>>,
  ): Promise<readonly OverdueJob[]>
  /** The job with its body, its workflow and its pipeline. */
  attemptContext(attemptId: string): Promise<AttemptContext>
  /** All jobs of a workflow, in their order. */
  workflowJobs(workflowId: string): Promise<readonly Job[]>
}

/** One process of the server; an installation may have its roles split over several. */
export interface ServerInstance {
  /** One process at a time has it. */
  readonly name: string
  readonly roles: readonly string[]
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

/** `superseded`: a newer pipeline of the project holds the lock or waits for it, so this one must not come after it. */
export type LockAnswer = 'held' | 'waiting' | 'superseded'

/**
 * What must follow a commit. Written in the transaction that made it due and carried out afterwards, at least once:
 * `advance` decides a workflow again, `supersede` cancels what a pipeline makes redundant, `close-output` ends a step's output.
 */
export interface Chore {
  readonly id: number
  readonly kind: ChoreKind
  readonly subjectId: string
}

export type ChoreKind = 'advance' | 'supersede' | 'close-output'

export type NewPipeline = Pick<
  Pipeline,
  'id' | 'number' | 'projectId' | 'state' | 'errors' | 'warnings' | 'trigger' | 'triggeredBy' | 'git' | 'parameters'
> & {
  readonly config: PipelineConfig
  /** What a continuation of this pipeline compiles with; needed for pipelines in their setup phase only. */
  readonly values?: PipelineValues
  readonly given?: Readonly<Record<string, unknown>>
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

export interface NewJob
  extends Pick<
    Job,
    | 'id'
    | 'name'
    | 'type'
    | 'status'
    | 'requires'
    | 'contexts'
    | 'lockKey'
    | 'parallelism'
    | 'resourceClass'
    | 'executor'
    | 'keptFrom'
    | 'number'
  > {
  readonly plan: JobPlan | null
}

export interface JobChange {
  readonly id: string
  readonly status: JobStatus
  readonly message?: string
  readonly approvedBy?: string
  readonly canceledBy?: string
}

export interface HeldAttempt {
  readonly head: WorkflowHead
  readonly identity: AttemptIdentity & { readonly acknowledged: number }
  readonly job: Job
  readonly tasks: readonly Task[]
}

/** A job that has ended, and how that counts for those that require it. */
export interface EndedJob {
  readonly jobId: string
  readonly as: RequiredStatus
}

export interface SettledJob {
  readonly job: Job
  readonly refused: boolean
}

/**
 * Writes of one transaction. Methods that fence throw AppError `gone` for a stale epoch. Writes that answer nothing may be
 * kept until something is read, and are part of the commit.
 */
export interface EngineTransaction {
  /** Id and number of the project's next pipeline: a config may use both before the pipeline exists. */
  reservePipeline(projectId: string): Promise<Pick<Pipeline, 'id' | 'number'>>
  createPipeline(pipeline: NewPipeline): Promise<Pipeline>
  /** Locks the pipeline's row until the end of the transaction. */
  lockPipeline(id: string): Promise<PipelineInSetup | undefined>
  /** Keeps what is to be compiled; the pipeline is `pending` from here on. */
  acceptContinuation(pipelineId: string, continuation: Continuation): Promise<void>
  /** Ends a pending continuation with what became of it. */
  finishContinuation(
    pipelineId: string,
    end: Pick<Pipeline, 'state' | 'errors' | 'warnings' | 'parameters'> & { readonly config: CompiledConfig },
  ): Promise<void>
  /** Answers the id of the new workflow; jobs keep their order. */
  createWorkflow(
    workflow: Pick<Workflow, 'pipelineId' | 'projectId' | 'name' | 'status' | 'startedBy' | 'rerunOf'> & {
      readonly workspaceId: string | null
      /** Default false. */
      readonly setup?: boolean
      /** Default 0. */
      readonly maxAutoReruns?: number
      /** Default 0. */
      readonly autoRerunNumber?: number
      readonly jobs: readonly NewJob[]
    },
  ): Promise<string>
  /** Locks the workflow's row until the end of the transaction. */
  holdWorkflow(id: string): Promise<WorkflowHead | undefined>
  /**
   * Holds the workflow of an attempt and then the attempt, as `holdWorkflow` and `fence` do, in the order in which everybody
   * takes them. Answers its job with all slices, too.
   */
  holdAttempt(agentId: string, ref: FencedRef): Promise<HeldAttempt>
  /** As `holdWorkflow`, with all that is in it. */
  lockWorkflow(id: string): Promise<WorkflowSnapshot | undefined>
  /** Bodies of a workflow's jobs, by job id. */
  plansOf(workflowId: string): Promise<ReadonlyMap<string, JobPlan | null>>
  /** A job with its slices. */
  jobWithTasks(jobId: string): Promise<{ readonly job: Job; readonly tasks: readonly Task[] } | undefined>
  /**
   * Nobody waits for these jobs any longer, which end in this transaction. Answers blocked jobs that required one of them
   * and now have nothing open, or were refused: one ended otherwise than they want.
   */
  settle(ended: readonly EndedJob[]): Promise<readonly SettledJob[]>
  /** Statuses that jobs of the workflow have, each once. */
  statusesOf(workflowId: string): Promise<readonly JobStatus[]>
  workflowOfJob(jobId: string): Promise<string | undefined>
  /** Workflows of the pipeline that rerun another. */
  rerunCount(pipelineId: string): Promise<number>
  /**
   * Puts a lock node into the queue of its key, which is one for the whole organisation: first in, first out. Asking again
   * changes nothing.
   */
  requestLock(
    snapshot: Pick<WorkflowSnapshot, 'workflow' | 'organizationId'>,
    lock: Omit<LockEntry, 'held'>,
  ): Promise<LockAnswer>
  /** Takes these lock nodes out; whoever is next then holds the lock, and a chore advances its workflow. */
  releaseLocks(organizationId: string, jobIds: readonly string[]): Promise<void>
  /** Writes down what must follow the commit. */
  addChore(kind: ChoreKind, subjectId: string): Promise<void>
  /** Ends a chore in the transaction that carries it out; false when another process has. */
  takeChore(id: number): Promise<boolean>
  /**
   * Moves a schedule on, in the transaction that makes its pipeline. False: it is not due at this time any more, so another
   * process has run it, or somebody changed it.
   */
  fireSchedule(run: { readonly id: string; readonly dueAt: Date; readonly nextAt: Date | null }): Promise<boolean>
  /** Makes these the schedules that the config of a branch asks for; those that stay keep their time. */
  replaceSchedules(
    projectId: string,
    branch: string,
    schedules: readonly Pick<Schedule, 'name' | 'timetable' | 'nextAt'>[],
  ): Promise<void>
  /** Workflows of older pipelines of the same branch that a push or the API started and that have not ended. */
  redundantWorkflows(pipelineId: string): Promise<readonly string[]>
  /** Times follow from the status, by the database's clock. */
  saveJob(change: JobChange): Promise<void>
  saveWorkflow(id: string, status: WorkflowStatus, canceledBy?: string | null): Promise<void>
  /** Gives the job its build number, if it has none, and queues its slices. */
  enqueue(job: Pick<Job, 'id' | 'projectId' | 'parallelism'>, executor: string, resources: Resources): Promise<void>
  numberJob(job: Pick<Job, 'id' | 'projectId'>): Promise<void>
  /** Ends queued tasks of the job and asks the agents of claimed ones to stop. */
  stopTasks(jobId: string, reason: 'canceled' | 'timed-out'): Promise<void>
  /** As `EngineStore.check`, and holds the attempt until the end of the transaction. */
  fence(agentId: string, ref: FencedRef): Promise<AttemptIdentity & { readonly acknowledged: number }>
  /** The one-time start grant; false when it was given before (rule D-03). */
  grant(ref: FencedRef): Promise<boolean>
  /** Holds an attempt whose lease is still over and that is as far as it was seen; false when it has come back. */
  lockExpired(ref: Pick<ExpiredAttempt, 'attemptId' | 'epoch' | 'granted'>): Promise<boolean>
  /** Names of the organisation's contexts that jobs of the project may use. */
  contextNames(organizationId: string, projectId: string): Promise<readonly string[]>
  acknowledge(attemptId: string, sequence: number, leaseMs: number): Promise<void>
  startStep(step: {
    attemptId: string
    taskIndex: number
    index: number
    name: string
    type: string
    command: string | null
    background: boolean
    at: string
  }): Promise<string>
  finishStep(step: {
    attemptId: string
    index: number
    result: Result
    exitCode: number | null
    outputBytes: number
    outputSha256: string
    truncated: boolean
    at: string
  }): Promise<string | undefined>
  /** Keys are immutable: false when the key was saved before. `jobId`: whose plan may ask for it to be kept for less. */
  saveCache(projectId: string, key: string, object: StoredObject, jobId?: string): Promise<boolean>
  addLayer(jobId: string, nodeIndex: number, object: StoredObject): Promise<void>
  addArtifact(jobId: string, nodeIndex: number, path: string, object: StoredObject): Promise<void>
  /** Said again, it replaces what was said of that slice and position. */
  addImage(jobId: string, nodeIndex: number, image: JobImage): Promise<void>
  addTests(jobId: string, nodeIndex: number, tests: readonly TestResult[]): Promise<void>
  /**
   * Ends an attempt with its task. Answers the ids of the steps it left open, which end with it; undefined when it had
   * ended before: a result never changes.
   */
  finishAttempt(ref: FencedRef, result: Result): Promise<readonly string[] | undefined>
  /** Ends the attempt as lost and queues its task again. */
  requeue(ref: FencedRef): Promise<void>
  append(event: NewEvent): Promise<void>
  /** Tells waiting processes after commit; a hint, never the truth (rule D-07). */
  notify(topic: 'queue' | 'stop' | 'chores'): Promise<void>
}

/** Hints that something changed. Callers look at the truth at least every two seconds whatever happens here. */
export interface Wakeups {
  /** Ends at the next notification of the topic, after `timeoutMs`, or when the signal aborts. */
  wait(topic: 'queue' | 'stop' | 'events' | 'chores', timeoutMs: number, signal?: AbortSignal): Promise<void>
}
