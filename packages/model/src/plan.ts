import type { Origin } from './diagnostic.ts'
import type { EnvironmentEntry, Step } from './plan-step.ts'

/** What the compiler makes of a config: plain data. Neither the conductor nor the agent ever sees YAML. */
export interface Plan {
  readonly setup: boolean
  readonly workflows: readonly WorkflowPlan[]
  /** Workflows that their condition leaves out; absent when there are none. */
  readonly omitted?: readonly OmittedWorkflow[]
  /** Bodies of build jobs by final name; nodes of several workflows may share one. */
  readonly jobs: Readonly<Record<string, JobPlan>>
  readonly orbs: readonly OrbResolution[]
}

export interface OmittedWorkflow {
  readonly name: string
  /** Its condition: a `when` that is false, or an `unless` that is true. */
  readonly by: 'when' | 'unless'
  /** Where the condition stands. */
  readonly origin: Origin
}

export interface OrbResolution {
  readonly reference: string
  readonly resolved: string
  /** sha256 of the orb's source, hex. */
  readonly digest: string
}

export interface WorkflowPlan {
  readonly name: string
  readonly jobs: readonly WorkflowNode[]
  /** Not empty: the workflow runs on these schedules only. */
  readonly schedules: readonly SchedulePlan[]
  readonly maxAutoReruns: number
  readonly origin: Origin
}

export type NodeType = 'build' | 'approval' | 'no-op' | 'release' | 'lock' | 'unlock'

/** Terminal statuses a requirement may name. */
export type RequiredStatus = 'success' | 'failed' | 'canceled' | 'unauthorized' | 'not_run'

/** One node of a workflow's graph. */
export interface WorkflowNode {
  /** Final name, unique within the workflow. */
  readonly name: string
  readonly type: NodeType
  /** Key into `Plan.jobs`; present for `build` only. */
  readonly job?: string
  /** Names that mean all rows of the matrix it is one of: those of its job and of the matrix. */
  readonly matrix?: readonly string[]
  readonly requires: readonly Requirement[]
  readonly filters?: Filters
  readonly contexts: readonly string[]
  /** Organisation-wide mutual exclusion, see semantics 21.4. */
  readonly serialGroup?: string
  /** Key of a `lock` or `unlock` node. */
  readonly key?: string
  readonly origin: Origin
}

export interface Requirement {
  /** Name of another node of the same workflow. */
  readonly node: string
  readonly statuses: readonly RequiredStatus[]
}

export interface Filters {
  readonly branches?: NameFilter
  readonly tags?: NameFilter
}

/** Items between slashes are regular expressions that must match the whole name; others are literal. */
export interface NameFilter {
  readonly only?: readonly string[]
  readonly ignore?: readonly string[]
}

export interface SchedulePlan {
  readonly cron: string
  readonly branches: NameFilter
}

/** What a build job runs, after every parameter is substituted. */
export interface JobPlan {
  readonly name: string
  readonly executor: ExecutorPlan
  readonly resourceClass?: string
  readonly steps: readonly Step[]
  /** In order; later entries win. Values are text: booleans as `1`/`0` (semantics 24). */
  readonly environment: readonly EnvironmentEntry[]
  readonly workingDirectory?: string
  readonly shell?: string
  readonly parallelism: number
  /** Days caches are kept, when the job says so. */
  readonly cacheRetentionDays?: number
  readonly origin: Origin
}

export type ExecutorPlan = DockerExecutorPlan | MachineExecutorPlan | MacosExecutorPlan

export interface DockerExecutorPlan {
  readonly type: 'docker'
  /** The first is the primary container; all steps run in it. At least one. */
  readonly images: readonly ImagePlan[]
}

export interface ImagePlan {
  readonly image: string
  readonly name?: string
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly user?: string
  readonly environment: readonly EnvironmentEntry[]
  readonly auth?: { readonly username: string; readonly password: string }
  /** As written; `aws_access_key_id`, `aws_secret_access_key` or `oidc_role_arn`. */
  readonly awsAuth?: Readonly<Record<string, string>>
  readonly gcpAuth?: Readonly<Record<string, string>>
}

export interface MachineExecutorPlan {
  readonly type: 'machine'
  /** Absent for `machine: true`. */
  readonly image?: string
  readonly dockerLayerCaching: boolean
}

export interface MacosExecutorPlan {
  readonly type: 'macos'
  readonly xcode: string
}
