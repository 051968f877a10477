import type { Job, NewJob, WorkflowHead } from '@rondo/model'
import type { MovingJob } from './start-job.ts'

/** A workflow that was written in this transaction, with its jobs; nothing has been decided yet. */
export interface MadeWorkflow {
  readonly head: WorkflowHead
  readonly jobs: readonly (MovingJob & Pick<Job, 'requires'>)[]
}

export function madeOf(head: WorkflowHead, jobs: readonly NewJob[]): MadeWorkflow {
  const { projectId } = head.workflow
  return { head, jobs: jobs.map((job) => ({ ...job, projectId })) }
}
