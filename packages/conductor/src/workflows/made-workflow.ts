import type { EngineTransaction, Job, NewJob, WorkflowHead } from '@rondo/model'
import type { MovingJob } from './start-job.ts'

/** A workflow that was written in this transaction, with its jobs; nothing has been decided yet. */
export interface MadeWorkflow {
  readonly head: WorkflowHead
  readonly jobs: readonly (MovingJob & Pick<Job, 'requires'>)[]
}

export async function madeWorkflow(tx: EngineTransaction, id: string, jobs: readonly NewJob[]): Promise<MadeWorkflow> {
  const head = await tx.holdWorkflow(id)
  if (head === undefined) throw new Error(`workflow ${id} was made and is not there`)
  const { projectId } = head.workflow
  return { head, jobs: jobs.map((job) => ({ ...job, projectId })) }
}
