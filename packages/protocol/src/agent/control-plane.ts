import type { HoldEnd, HoldOrder, JobPlan, Result, StoredObject, TestResult, TestTiming, TimingKey } from '@rondo/model'

/**
 * What an agent may ask of the server: the whole contract, free of any transport. Implemented once by the agent's HTTP
 * client and once by the server, whose answers with secrets travel in boxes (`SealedControlPlane`).
 *
 * An agent authenticates with its agent token. Everything about one attempt names `(attemptId, epoch)`; when another
 * owner has taken the task since, every call answers AppError `gone`, and the agent must stop the work within ten
 * seconds. Each call may arrive twice: repeats change nothing. Any authenticated call about an attempt extends its lease.
 *
 * Order for one attempt: `claim`, `grant` (once), then `report`, `appendOutput`, `uploadObject`, `find…` in any number,
 * and a last `report` that holds `task-finished`. `heartbeat` runs beside all of it, for all attempts at once.
 */
export interface ControlPlane {
  /** Announces the agent and what it can run. Repeated at every start and whenever its capacity changes. */
  hello(agent: AgentHello): Promise<AgentWelcome>
  /** Waits up to `waitMs` for tasks that fit into what is free; answers as soon as there is at least one. */
  claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]>
  /**
   * The one-time permission to start, with everything the task needs, secrets included. A second call for the same
   * epoch is refused with AppError `conflict`, so a task placed twice starts once.
   */
  grant(ref: AttemptRef): Promise<TaskSpec>
  /** The same document again for an agent that restarted in the middle; only after `grant`. Starts nothing. */
  resume(ref: AttemptRef): Promise<TaskSpec>
  /** Extends the leases of all attempts; held open up to `waitMs` and answered early when there is something to obey. */
  heartbeat(request: HeartbeatRequest, signal: AbortSignal): Promise<HeartbeatAnswer>
  /**
   * Tells how the agent stands and answers what its administrators ask of it: every ten seconds while it has tasks or takes
   * none, seldom while its claim waits, and whenever that changes. What is told last counts.
   */
  checkIn(condition: AgentCondition): Promise<AgentOrders>
  /** Appends to the attempt's journal. Answers the highest sequence number known, so that a restart goes on from there. */
  report(request: ReportRequest): Promise<{ readonly acknowledged: number }>
  /**
   * Makes output durable; answers the durable size of that step's stream. See `StepOutput.append`. It may come before the
   * report of the step's start; a server of an earlier version answers AppError `conflict` until it has that. `at` says when
   * they were printed, in milliseconds since 1970 on the agent's machine.
   */
  appendOutput(
    ref: AttemptRef,
    step: number,
    offset: number,
    bytes: Uint8Array,
    at?: number,
  ): Promise<{ readonly size: number }>
  /** What the attempt used so far: the whole series each time, so that a call that is lost or comes twice does no harm. */
  reportUsage(ref: AttemptRef, usage: UsageSeries): Promise<void>
  /**
   * After a failure, before the attempt's last entry: whether its environment stays for its owner, and for how long. Then
   * `report` and `appendOutput` go on beyond the end of the attempt, for the steps of the owner's session, until `endHold`.
   */
  beginHold(ref: AttemptRef): Promise<{ readonly forMs: number | null }>
  /** What the owner asks for, after the order of this number; held open up to `waitMs`. AppError `gone`: the time is over. */
  holdOrders(
    ref: AttemptRef,
    after: number,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<readonly { readonly id: number; readonly order: HoldOrder }[]>
  endHold(ref: AttemptRef, why: HoldEnd): Promise<void>
  /**
   * Stores a blob; it becomes visible only through a later `report`. Unreferenced blobs are swept. Each piece is lent until the
   * next one is asked for: its memory may then hold other bytes.
   */
  uploadObject(ref: AttemptRef, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<StoredObject>
  /** Only objects this attempt was told of by `findCache` or `findWorkspace`. */
  downloadObject(ref: AttemptRef, digest: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** First key with a match wins; within a key the newest entry with that prefix. Undefined: no match. */
  findCache(ref: AttemptRef, keys: readonly string[]): Promise<FoundCache | undefined>
  /** Whether exactly this key is saved already; keys are immutable. */
  hasCache(ref: AttemptRef, key: string): Promise<boolean>
  /** Layers of all jobs upstream, in the order they are to be applied. */
  findWorkspace(ref: AttemptRef): Promise<readonly FoundLayer[]>
  /** How the job's other slices stand together: `failed` when one ended otherwise than well. */
  otherSlices(ref: AttemptRef): Promise<{ readonly others: 'open' | 'passed' | 'failed' }>
  /** Login of the person whose key this is (`SHA256:…`), when they may enter the job over SSH; they do once it is `proven` theirs. */
  admitSsh(ref: AttemptRef, sha256: string, proven: boolean): Promise<{ readonly login: string | null }>
  /** A token with which the job says who it is, for one audience. AppError `forbidden` for jobs that get none, `gone` after its end. */
  mintToken(ref: AttemptRef, wanted: WantedToken): Promise<{ readonly token: string }>
  /** How long the job's tests took before; the same for every slice of a job. See `EngineStore.testTimings`. */
  findTimings(ref: AttemptRef, by: TimingKey): Promise<readonly TestTiming[]>
}

export interface AgentHello {
  readonly name: string
  readonly version: string
  readonly hostname: string
  readonly os: string
  readonly arch: string
  readonly cpus: number
  readonly memoryMb: number
  readonly executors: readonly AgentExecutor[]
  /** Form of the boxes it opens; absent from agents of earlier versions, which are refused. */
  readonly boxes?: number
}

/** `sandbox` takes docker jobs on machines without a container engine. */
export type AgentExecutor = 'docker' | 'sandbox' | 'machine'

export interface AgentWelcome {
  readonly agentId: string
  readonly leaseMs: number
}

/** What an agent may use, what of it is in use, and whether it takes more. */
export interface AgentCondition {
  readonly tasks: number
  readonly maxTasks: number
  readonly cpus: { readonly used: number; readonly all: number }
  readonly memoryMb: { readonly used: number; readonly all: number }
  /** How many of the tasks have run their steps and stay for people who may enter them over SSH. */
  readonly waitingForSsh?: number
  /** It ends by itself when what runs has ended: somebody at its machine asked for that. */
  readonly draining: boolean
  /** Why it takes no new tasks, as a sentence for people; null: it does. */
  readonly refusal: string | null
  /** Known holes of what jobs run in there, each as a sentence with its cure; absent from agents of earlier versions. */
  readonly faults?: readonly string[]
}

export interface AgentOrders {
  /** Take nothing new until this is false again. */
  readonly drain: boolean
}

export interface AttemptRef {
  readonly attemptId: string
  readonly epoch: number
}

export interface ClaimRequest {
  readonly agentId: string
  readonly free: { readonly cpus: number; readonly memoryMb: number; readonly tasks: number }
  readonly executors: readonly AgentExecutor[]
  readonly waitMs: number
  /**
   * Attempts it has. What it claimed before, did not start and does not name here is handed out to it again: the answer
   * was lost. Absent: nothing is handed out twice.
   */
  readonly running?: readonly string[]
}

export interface Claim extends AttemptRef {
  readonly jobName: string
  /** What the task counts for on this machine: its resource class, cut to the machine's size. */
  readonly cpus: number
  readonly memoryMb: number
}

export interface HeartbeatRequest {
  readonly agentId: string
  readonly attempts: readonly AttemptRef[]
  readonly waitMs: number
}

export interface HeartbeatAnswer {
  /** Attempts to stop: `canceled` by a user or limit, `gone` because another owner has the task. */
  readonly stop: readonly { readonly attemptId: string; readonly reason: 'canceled' | 'timed-out' | 'gone' }[]
}

/** Everything an attempt needs to run. */
export interface TaskSpec extends AttemptRef {
  readonly taskIndex: number
  readonly parallelism: number
  readonly job: JobPlan
  readonly jobNumber: number
  /** What the images of the job stood for in an earlier run, by position; a rerun takes them again. */
  readonly imageDigests?: readonly (string | null)[]
  readonly resources: { readonly resourceClass: string; readonly cpus: number; readonly memoryMb: number }
  /** Built-in variables, then project variables, then contexts, in rising precedence as semantics 24 has it. */
  readonly environment: readonly { readonly name: string; readonly value: string }[]
  /** Values to mask in output; all of them longer than three characters. */
  readonly secrets: readonly string[]
  readonly checkout: CheckoutSpec
  /** Keys that the job's `add_ssh_keys` steps may install; none for a job without such a step. */
  readonly sshKeys: readonly SshKeySpec[]
  /** Lines of a known_hosts file, for hosts that this installation's jobs may trust beside the public ones. */
  readonly knownHosts: readonly string[]
  /** Values of cache key templates. */
  readonly cacheKeys: {
    readonly branch: string
    readonly buildNum: number
    readonly revision: string
    readonly environment: Readonly<Record<string, string>>
  }
  readonly limits: { readonly maxRunMs: number; readonly maxOutputBytesPerStep: number }
  /** Somebody may enter the job over SSH; who, `admitSsh` answers. It stays for them when its steps have ended. */
  readonly ssh?: true
  /**
   * Milliseconds without a word from the server after which the agent stops the job by itself, by its own monotonic clock:
   * given where the job may be run anew, so that it never runs twice at once (section 2b of the reliability rules).
   */
  readonly stopUnheardAfterMs?: number
}

/** What an attempt uses of its machine, in equal steps of time from `startedAt` on (RFC 3339, the agent's clock, as steps have it). */
export interface UsageSeries {
  readonly startedAt: string
  /** Doubles whenever there would be more than 600 samples. */
  readonly intervalMs: number
  /** What it may use: its resource class, cut to the machine. */
  readonly cpus: number
  readonly memoryMb: number
  /** Mean of each step of time, thousandths of a core. */
  readonly cpuMilli: readonly number[]
  /** Most of each step of time, kibibytes; what the kernel may take back at any time does not count. */
  readonly memoryKb: readonly number[]
}

export interface CheckoutSpec {
  /** Smart HTTP address; its host is the server as agents reach it. */
  readonly url: string
  readonly username: string
  readonly password: string
  readonly revision: string
  readonly branch: string | null
  readonly tag: string | null
  /** The project's preferred checkout key, and where it opens the repository; null: over HTTP. */
  readonly ssh: {
    /** `ssh://git@HOST:PORT/ORG/REPO.git` */
    readonly url: string
    readonly privateKey: string
    /** Public key of the host: `ssh-ed25519 AAAA…`. */
    readonly hostKey: string
  } | null
}

export interface SshKeySpec {
  /** Empty: for any host. */
  readonly hostname: string
  readonly privateKey: string
  /** `16:af:…` */
  readonly md5: string
  /** `SHA256:…` */
  readonly sha256: string
}

export interface WantedToken {
  /** Default: the organisation's id. */
  readonly audience?: string | readonly string[]
  readonly rootIssuer: boolean
}

export interface FoundCache {
  readonly key: string
  readonly object: StoredObject
  /** RFC 3339. */
  readonly createdAt: string
}

export interface FoundLayer extends StoredObject {
  /** Name of the job that persisted it, and its slice. */
  readonly job: string
  readonly slice: number
  /** Names of the jobs upstream of that job: their files it may replace. */
  readonly after: readonly string[]
}

export interface ReportRequest extends AttemptRef {
  /** Sequence number of the first entry; the first of an attempt is 1, and there are no gaps. */
  readonly from: number
  readonly entries: readonly ReportEntry[]
}

/** One line of an attempt's journal. Times are RFC 3339 by the agent's clock, for display only. */
export type ReportEntry =
  | {
      readonly type: 'step-started'
      readonly step: number
      readonly name: string
      readonly kind: string
      readonly command: string | null
      readonly background: boolean
      readonly at: string
    }
  | {
      readonly type: 'step-finished'
      readonly step: number
      readonly result: Result
      readonly exitCode: number | null
      /** How often it was run again after it failed (`max_auto_reruns`); absent: never. */
      readonly reruns?: number
      readonly outputBytes: number
      readonly outputSha256: string
      readonly truncated: boolean
      readonly at: string
    }
  | { readonly type: 'cache-saved'; readonly key: string; readonly object: StoredObject }
  | { readonly type: 'workspace-persisted'; readonly object: StoredObject }
  | { readonly type: 'artifact-stored'; readonly path: string; readonly object: StoredObject }
  | { readonly type: 'tests-stored'; readonly tests: readonly TestResult[] }
  /** What an image's name stood for: the registry's digest, or `local:` and an id. `position` is its place in the config. */
  | { readonly type: 'image-resolved'; readonly position: number; readonly image: string; readonly digest: string }
  | {
      readonly type: 'task-finished'
      readonly result: Result
      readonly message: string | null
      readonly at: string
      /** No code of the job has run, nor will: it may be begun again elsewhere, or later (rule D-01). */
      readonly unbegun?: true
    }
