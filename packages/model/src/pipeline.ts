import type { Plan } from './plan.ts'
import type { PipelineState } from './status.ts'

export type PipelineTrigger = 'webhook' | 'explicit' | 'api' | 'scheduled_pipeline'

export interface Pipeline {
  readonly id: string
  readonly projectId: string
  /** Counts per project, from 1. */
  readonly number: number
  readonly state: PipelineState
  readonly errors: readonly PipelineError[]
  /** What runs and may surprise its author, as the compiler tells it. */
  readonly warnings: readonly PipelineWarning[]
  readonly trigger: PipelineTrigger
  readonly triggeredBy: string | null
  readonly triggeredAt: Date
  readonly git: GitRevision
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface PipelineError {
  readonly type: 'config' | 'config-fetch' | 'timeout' | 'permission' | 'other' | 'trigger-rule' | 'plan'
  readonly message: string
}

export interface PipelineWarning {
  readonly type: 'config'
  readonly message: string
}

export interface GitRevision {
  /** 40 hexadecimal digits; empty when nothing could be resolved. */
  readonly revision: string
  readonly branch: string | null
  /** The branch that config and jobs are told it is on, of a commit that no branch holds (`rondo run`). It counts for no list. */
  readonly asBranch?: string
  readonly tag: string | null
  readonly subject: string
  readonly body: string
  readonly authorName: string
  readonly authorEmail: string
  /** Absent for what no pull request asks to merge, as far as whoever pushed it said. */
  readonly pullRequests?: PullRequests
  /** Absent where the project has the repository's own name. */
  readonly calledAs?: RepositoryNames
}

/** The branch that config and jobs are told; null: none, it is a tag's. */
export function toldBranch({ branch, asBranch }: Pick<GitRevision, 'branch' | 'asBranch'>): string | null {
  return branch ?? asBranch ?? null
}

/** What configs and jobs are told a repository is called: of a folder that `rondo run` runs, as its remote has it. */
export interface RepositoryNames {
  readonly organization: string
  readonly repository: string
}

/** The pull requests whose head a commit is, on the host where they are open. */
export interface PullRequests {
  /** Their addresses; the first is the one that is meant when one is asked for. */
  readonly urls: readonly string[]
  /** Who opened it, and the repository it comes from: by their names there. */
  readonly user?: string
  readonly repository?: string
}

/** A config as text, as compiled YAML, and as the plan, which is null when it does not compile. */
export interface CompiledConfig {
  readonly source: string
  readonly compiled: string
  readonly plan: Plan | null
}

/** The stored config of a pipeline. While a pipeline is in its setup phase, only `setup` holds something. */
export interface PipelineConfig extends CompiledConfig {
  /** The config with `setup: true` whose jobs make or choose the config that continues the pipeline. */
  readonly setup?: CompiledConfig | null
}

/** Values of `pipeline.*` by full dotted name. */
export type PipelineValues = Readonly<Record<string, string | number | boolean | null>>

/** What a continuation brings, as it arrived. */
export interface Continuation {
  readonly configuration: string
  readonly parameters: Readonly<Record<string, unknown>>
}
