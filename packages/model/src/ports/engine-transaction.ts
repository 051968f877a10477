import type { JobImage, StoredObject, TestResult } from '../build-data.ts'
import type { NewEvent } from '../event.ts'
import type { Job } from '../job.ts'
import type { Result } from '../outcome.ts'
import type { CompiledConfig, Continuation, Pipeline, PipelineConfig, PipelineValues } from '../pipeline.ts'
import type { JobPlan, RequiredStatus } from '../plan.ts'
import type { RequestKey } from '../request-key.ts'
import type { Resources } from '../resource-class.ts'
import type { Schedule } from '../schedule.ts'
import type { JobStatus, WorkflowStatus } from '../status.ts'
import type { Task } from '../task.ts'
import type { CacheScope } from '../trust.ts'
import type { Workflow } from '../workflow.ts'
import type {
  AttemptIdentity,
  ChoreKind,
  ExpiredAttempt,
  FencedRef,
  LockEntry,
  PipelineInSetup,
  ServedTerm,
  WorkflowHead,
  WorkflowSnapshot,
} from './engine-records.ts'

/** The start of a step, as its agent tells it. */
export interface BegunStep {
  readonly id: string
  readonly attemptId: string
  readonly taskIndex: number
  readonly index: number
  readonly name: string
  readonly type: string
  readonly command: string | null
  readonly background: boolean
  readonly at: string
}

/** Its end. */
export interface EndedStep {
  readonly attemptId: string
  readonly index: number
  readonly result: Result
  readonly exitCode: number | null
  /** How often it was run again after it failed; absent: never. */
  readonly reruns?: number
  readonly outputBytes: number
  readonly outputSha256: string
  readonly truncated: boolean
  readonly at: string
}

/**
 * `blocked`: it waits, and is passed over as long as new work of its project is blocked. `superseded`: a newer pipeline of the
 * project holds the lock or waits for it, so this one must not come after it.
 */
export type LockAnswer = 'held' | 'waiting' | 'blocked' | 'superseded'

/** Whose a lock is, in words that others of its organisation know. */
export interface LockPlace {
  readonly projectSlug: string
  readonly pipelineNumber: number
  readonly workflowName: string
}

/** A lock node that left the queue of its key. */
export interface ReleasedLock {
  readonly jobId: string
  readonly key: string
  /** False: it only waited. */
  readonly held: boolean
  readonly place: LockPlace
}

/** A lock node that was waiting and holds its lock now. */
export interface GivenLock {
  readonly jobId: string
  readonly key: string
  readonly workflowId: string
  readonly projectId: string
  readonly waitedMs: number
  readonly place: LockPlace
}

export type NewPipeline = Pick<
  Pipeline,
  'id' | 'number' | 'projectId' | 'state' | 'errors' | 'warnings' | 'trigger' | 'triggeredBy' | 'git' | 'parameters'
> & {
  readonly config: PipelineConfig
  /** What a continuation of this pipeline compiles with; needed for pipelines in their setup phase only. */
  readonly values?: PipelineValues
  readonly given?: Readonly<Record<string, unknown>>
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

/** An attempt, and whose it says it is. */
export interface AgentsRef extends FencedRef {
  readonly agentId: string
}

export interface AttemptEnd extends FencedRef {
  readonly result: Result
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

/** What a request with a key made, if it is through. */
export interface KeptAnswer {
  readonly fingerprint: string
  readonly madeId: string | null
}

/** A requirement that can no longer be met: the node ended otherwise than the job that requires it wants. */
export interface Refusal {
  readonly node: string
  readonly ended: RequiredStatus
}

export interface SettledJob {
  readonly job: Job
  /** Why it cannot run; null: it can. */
  readonly refusal: Refusal | null
}

/**
 * Writes of one transaction. Methods that fence throw AppError `gone` for a stale epoch. Writes that answer nothing may be
 * kept until something is read, and are part of the commit.
 */
export interface EngineTransaction {
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
  /** Answers the new workflow, held as by `holdWorkflow`; jobs keep their order. */
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
  ): Promise<WorkflowHead>
  /** Locks the workflow's row until the end of the transaction. */
  holdWorkflow(id: string): Promise<WorkflowHead | undefined>
  /**
   * Holds the workflow of an attempt and then the attempt, as `holdWorkflow` and `fence` do, in the order in which everybody
   * takes them. Answers its job with all slices, too.
   */
  holdAttempt(agentId: string, ref: FencedRef): Promise<HeldAttempt>
  /**
   * As `holdAttempt`, for many, but without waiting for anybody: undefined for what somebody else holds at the moment, and
   * for what is gone. Try those by themselves.
   */
  tryAttempts(refs: readonly AgentsRef[]): Promise<readonly (HeldAttempt | undefined)[]>
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
  /** Statuses that jobs of each of these workflows have, each once. */
  statusesOf(workflowIds: readonly string[]): Promise<ReadonlyMap<string, readonly JobStatus[]>>
  workflowOfJob(jobId: string): Promise<string | undefined>
  /**
   * Takes the key of a request until the end of the transaction, waiting while another has it. Answers what it stands for, if
   * it was used within a day; undefined: it is now taken for the first time.
   */
  takeKey(key: RequestKey): Promise<KeptAnswer | undefined>
  /** As `takeKey`, without taking it. */
  readKey(key: RequestKey): Promise<KeptAnswer | undefined>
  /** Writes down what a request whose key was taken made. */
  bindKey(key: RequestKey, madeId: string): Promise<void>
  /**
   * Those of these jobs of a project whose part of the workspace retention has come past. It takes nothing of the project's workspaces
   * until the end of the transaction.
   */
  takenWorkspaces(projectId: string, jobIds: readonly string[]): Promise<readonly string[]>
  /** Workflows of the pipeline that rerun another. */
  rerunCount(pipelineId: string): Promise<number>
  /**
   * Puts a lock node into the queue of its key, which is one for the whole organisation: first in, first out. Asking again
   * changes nothing. Who waits while new work of its project is blocked keeps its place, and is passed over until it is let go.
   */
  requestLock(
    head: Pick<WorkflowHead, 'organizationId'> & {
      readonly workflow: Pick<Workflow, 'id' | 'projectId' | 'pipelineNumber'>
    },
    lock: Omit<LockEntry, 'held'>,
  ): Promise<LockAnswer>
  /** Whose the lock of a key is now; undefined: nobody's. */
  lockHolder(organizationId: string, key: string): Promise<LockPlace | undefined>
  /** Takes these lock nodes out; whoever is next then holds the lock, and a chore advances its workflow. */
  releaseLocks(
    organizationId: string,
    jobIds: readonly string[],
  ): Promise<{ readonly released: readonly ReleasedLock[]; readonly given: readonly GivenLock[] }>
  /** Writes down what must follow the commit. */
  addChore(kind: ChoreKind, subjectId: string): Promise<void>
  /** Ends a chore in the transaction that carries it out; false when another process has. */
  takeChore(id: number): Promise<boolean>
  /** Ends those that were carried out before, and may be again. */
  takeChores(ids: readonly number[]): Promise<void>
  /**
   * Moves a schedule on, in the transaction that makes its pipeline; answers how late that is, by the database's clock.
   * Undefined: it is not due at this time any more, so another process has run it, or somebody changed it.
   */
  fireSchedule(run: {
    readonly id: string
    readonly dueAt: Date
    readonly nextAt: Date | null
  }): Promise<{ readonly lateMs: number } | undefined>
  /** Makes these the schedules that the config of a branch asks for; those that stay keep their time. */
  replaceSchedules(
    projectId: string,
    branch: string,
    schedules: readonly Pick<Schedule, 'name' | 'timetable' | 'nextAt'>[],
  ): Promise<void>
  /** Workflows of a pipeline that have not ended, oldest first. */
  openWorkflows(pipelineId: string): Promise<readonly string[]>
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
  /** The one-time start grant. Answers the ids of attempts that have it now; the others had it before, or may not start (rule D-03). */
  grant(refs: readonly FencedRef[]): Promise<ReadonlySet<string>>
  /**
   * Holds an attempt whose lease is still over and that is as far as it was seen; false when it has come back, or nobody could
   * have renewed it for as long as `served` says (rule D-05). That is looked at in this moment, not when the transaction
   * began: the process that asks may have stood still since.
   */
  lockExpired(ref: Pick<ExpiredAttempt, 'attemptId' | 'epoch' | 'granted'>, served: ServedTerm): Promise<boolean>
  /** Names of the organisation's contexts that jobs of the project may use; null: all that it has. */
  contextNames(organizationId: string, projectId: string | null): Promise<readonly string[]>
  acknowledge(attemptId: string, sequence: number, leaseMs: number): Promise<void>
  /** Answers their ids, in order; that of one begun before is the one it has, also where two are named at once. */
  startSteps(steps: readonly BegunStep[]): Promise<readonly string[]>
  /** Answers their ids, in order; undefined for one that never began. Of one named twice the later word holds. */
  finishSteps(steps: readonly EndedStep[]): Promise<readonly (string | undefined)[]>
  /** Keys are immutable: false when the key was saved before. `jobId`: whose plan may ask for it to be kept for less. */
  saveCache(scope: CacheScope, key: string, object: StoredObject, jobId?: string): Promise<boolean>
  /** Dropped when retention has taken the job's workspace: an agent may tell of it long after its job was canceled. */
  addLayer(jobId: string, nodeIndex: number, object: StoredObject): Promise<void>
  addArtifact(jobId: string, nodeIndex: number, path: string, object: StoredObject): Promise<void>
  /** Said again, it replaces what was said of that slice and position. */
  addImage(jobId: string, nodeIndex: number, image: JobImage): Promise<void>
  addTests(jobId: string, nodeIndex: number, tests: readonly TestResult[]): Promise<void>
  /**
   * Ends attempts with their tasks. Answers, by attempt, the ids of the steps it left open, which end with it; nothing of
   * one that had ended before: a result never changes.
   */
  finishAttempts(ends: readonly AttemptEnd[]): Promise<ReadonlyMap<string, readonly string[]>>
  /** Ends the attempt as lost and queues its task again. */
  requeue(ref: FencedRef): Promise<void>
  /** What a step belongs to, for an event about it; undefined when it is gone. */
  stepScope(stepId: string): Promise<Omit<NewEvent, 'kind'> | undefined>
  /**
   * As `requeue`, for an attempt whose user code may have begun: what its slice left for others (workspace layers, artifacts,
   * test results) goes, and its open steps end. Answers the ids of those.
   */
  retry(ref: FencedRef): Promise<readonly string[]>
  /** Lets a person into a job over SSH, when it runs. */
  openSsh(jobId: string, userId: string): Promise<void>
  append(event: NewEvent): Promise<void>
  /** Tells waiting processes after commit; a hint, never the truth (rule D-07). */
  notify(topic: 'queue' | 'stop' | 'chores'): Promise<void>
}
