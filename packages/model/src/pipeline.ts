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

export interface GitRevision {
  /** 40 hexadecimal digits; empty when nothing could be resolved. */
  readonly revision: string
  readonly branch: string | null
  readonly tag: string | null
  readonly subject: string
  readonly body: string
  readonly authorName: string
  readonly authorEmail: string
}

/** The stored config of a pipeline: source as committed, compiled YAML, and the plan. */
export interface PipelineConfig {
  readonly source: string
  readonly compiled: string
  readonly plan: Plan | null
}
