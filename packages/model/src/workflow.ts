import type { WorkflowStatus } from './status.ts'

export interface Workflow {
  readonly id: string
  readonly pipelineId: string
  readonly pipelineNumber: number
  readonly projectId: string
  readonly name: string
  /** Runs a setup config: its jobs may continue the pipeline. */
  readonly setup: boolean
  readonly status: WorkflowStatus
  readonly startedBy: string | null
  readonly canceledBy: string | null
  readonly erroredBy: string | null
  /** The workflow this one reruns. */
  readonly rerunOf: string | null
  /** How often the workflow is rerun from failed by itself. */
  readonly maxAutoReruns: number
  /** Which automatic rerun this is, from 1; 0 when it is none. */
  readonly autoRerunNumber: number
  /** First workflow of a chain of reruns; workspaces belong to it. */
  readonly workspaceId: string
  readonly createdAt: Date
  readonly stoppedAt: Date | null
}
