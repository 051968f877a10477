import {
  defaultResourceClass,
  type EngineTransaction,
  type Job,
  type NewId,
  type Resources,
  resourcesOf,
  type WorkflowHead,
} from '@rondo/model'
import { changeJob, jobScope } from './change-state.ts'

/** What a move of a job is carried out on; a job that was just made has no more. */
export type MovingJob = Pick<
  Job,
  | 'id'
  | 'name'
  | 'type'
  | 'status'
  | 'projectId'
  | 'contexts'
  | 'lockKey'
  | 'parallelism'
  | 'resourceClass'
  | 'executor'
>

/** What starting a job needs to ask of the world; answered before the transaction's decision is written. */
export interface StartChecks {
  /** Names among `contexts` that the organisation does not have, or that the project may not use. */
  missingContexts(
    tx: EngineTransaction,
    asker: { readonly organizationId: string; readonly projectId: string },
    contexts: readonly string[],
  ): Promise<readonly string[]>
  /** For the jobs of workflows that are rerun by themselves. */
  readonly newId: NewId
}

/** Queues the slices of a job whose requirements are met, or refuses it, with the reason on the job. Answers what it is then. */
export async function startJob(
  tx: EngineTransaction,
  head: WorkflowHead,
  job: MovingJob,
  checks: StartChecks,
): Promise<'queued' | 'unauthorized' | 'failed'> {
  const missing =
    job.contexts.length === 0
      ? []
      : await checks.missingContexts(
          tx,
          { organizationId: head.organizationId, projectId: job.projectId },
          job.contexts,
        )
  if (missing.length > 0) {
    await tx.numberJob(job)
    await changeJob(tx, head, job, 'unauthorized', {
      message: `There is no context named ${missing.join(', ')} in this organisation, or it is restricted to other projects. Create it, let this project use it, or take it out of the config.`,
    })
    return 'unauthorized'
  }
  if (job.type === 'release') {
    await changeJob(tx, head, job, 'failed', {
      message: 'Release jobs are not available on this installation. Take the job out of the workflow.',
    })
    return 'failed'
  }
  const executor = job.executor ?? 'docker'
  const resourceClass = job.resourceClass ?? defaultResourceClass(executor)
  const resources: Resources | undefined = resourcesOf(executor, resourceClass)
  if (resources === undefined) {
    await tx.numberJob(job)
    await changeJob(tx, head, job, 'failed', {
      message: `There is no resource class "${resourceClass}" for the ${executor} executor. Use one of the classes the documentation lists.`,
    })
    return 'failed'
  }
  await changeJob(tx, head, job, 'queued')
  await tx.enqueue(job, executor, resources)
  await tx.append({ ...jobScope(head, job), kind: 'task.queued' })
  return 'queued'
}
