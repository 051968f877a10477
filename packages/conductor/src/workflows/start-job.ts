import {
  defaultResourceClass,
  type EngineTransaction,
  type Job,
  type NewId,
  type Resources,
  resourceClassesOf,
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

export interface RefusedContext {
  readonly name: string
  /** The organisation has it, but keeps it for other projects. */
  readonly restricted: boolean
}

/** What starting a job needs to ask of the world; answered before the transaction's decision is written. */
export interface StartChecks {
  /** Those of `contexts` that the organisation does not have, or that the project may not use. */
  refusedContexts(
    tx: EngineTransaction,
    asker: { readonly organizationId: string; readonly projectId: string },
    contexts: readonly string[],
  ): Promise<readonly RefusedContext[]>
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
  const refused =
    job.contexts.length === 0
      ? []
      : await checks.refusedContexts(
          tx,
          { organizationId: head.organizationId, projectId: job.projectId },
          job.contexts,
        )
  if (refused.length > 0) {
    await tx.numberJob(job)
    await changeJob(tx, head, job, 'unauthorized', { message: refused.map(whyRefused).join(' ') })
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
      message: noSuchClass(executor, resourceClass),
    })
    return 'failed'
  }
  await changeJob(tx, head, job, 'queued')
  await tx.enqueue(job, executor, resources)
  await tx.append({ ...jobScope(head, job), kind: 'task.queued' })
  return 'queued'
}

function noSuchClass(executor: Parameters<typeof resourcesOf>[0], name: string): string {
  const classes = resourceClassesOf(executor)
  const cure =
    classes.length === 0 ? 'Nothing runs such jobs on this installation.' : `Use one of ${classes.join(', ')}.`
  return `There is no resource class "${name}" for the ${executor} executor. ${cure}`
}

/** In words, with who can help. */
function whyRefused({ name, restricted }: RefusedContext): string {
  return restricted
    ? `The context ${name} is restricted to other projects. Have an administrator of the organisation add this project to its restrictions, or take ${name} out of the config.`
    : `There is no context named ${name} in this organisation. Create it, or take it out of the config.`
}
