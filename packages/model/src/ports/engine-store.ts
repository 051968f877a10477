import type { StoredObject, TestTiming, TimingKey, WorkspaceLayer } from '../build-data.ts'
import type { Job } from '../job.ts'
import type { RequestKey } from '../request-key.ts'
import type { CacheScope } from '../trust.ts'
import type {
  AgentRecord,
  AllowedTimes,
  AttemptContext,
  AttemptIdentity,
  Chore,
  ClaimedTask,
  ClaimQuery,
  ClaimTerms,
  ExpiredAttempt,
  FencedRef,
  OverdueJob,
  PipelineInSetup,
  ReservedPipeline,
  ServerInstance,
  StopOrder,
} from './engine-records.ts'
import type { EngineTransaction } from './engine-transaction.ts'

/** What the conductor writes through. Every change of state and its events are written in one transaction (rule D-06). */
export interface EngineStore {
  /** Runs `work` in one transaction; notifications and events become visible with its commit. Never spans a network call. */
  transact<T>(work: (tx: EngineTransaction) => Promise<T>): Promise<T>
  /**
   * Takes the next number of a project, for good: a config may use what is answered before the pipeline exists. Requests with the same key
   * share one for five minutes, whichever server they come to; of these only one makes the pipeline.
   */
  reservePipeline(projectId: string, once?: RequestKey): Promise<ReservedPipeline>
  /** Records an agent by name; answers its id. */
  saveAgent(agent: AgentRecord): Promise<string>
  /** Takes queued tasks that fit, in the order of `nextLine`; each gets a new attempt, a higher epoch and a lease. */
  claim(request: ClaimQuery): Promise<readonly ClaimedTask[]>
  /** Those of these executors for which tasks wait, whether or not anybody may take them now. */
  waitingFor(executors: readonly string[]): Promise<readonly string[]>
  /** What the agent claimed before, did not start and does not know of: the answer was lost. Extends those leases, and those of what it knows. */
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
    scope: CacheScope,
    keys: readonly string[],
  ): Promise<{ key: string; object: StoredObject; createdAt: Date } | undefined>
  hasCache(scope: CacheScope, key: string): Promise<boolean>
  /** Whether an object is a cache of that scope or a workspace layer of one of these jobs. */
  mayRead(scope: CacheScope, jobIds: readonly string[], digest: string): Promise<boolean>
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
