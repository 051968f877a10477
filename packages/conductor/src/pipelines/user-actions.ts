import {
  AppError,
  createTurns,
  type EndedJob,
  type EngineTransaction,
  isFinalWorkflowStatus,
  type Job,
  type NewId,
  type RequestKey,
  type RerunRequest,
  type UserActions,
  type Workflow,
  type WorkflowHead,
  type WorkflowSnapshot,
} from '@rondo/model'
import { advance, begin } from '../workflows/apply-moves.ts'
import { canceledBy, cancelOneJob, cancelWorkflow } from '../workflows/cancel.ts'
import { changeJob, workflowScope } from '../workflows/change-state.ts'
import { createRerun } from '../workflows/create-rerun.ts'
import { decided } from '../workflows/decided.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { cancelPipeline } from './cancel-pipeline.ts'
import { continuePipeline, whyNotInSetup } from './continue-pipeline.ts'
import { once } from './once.ts'
import { createSameKeyInTurn } from './same-key-in-turn.ts'
import { triggerPipeline } from './trigger-pipeline.ts'
import type { UserActionsPorts } from './user-actions-ports.ts'

/**
 * Pipelines that are made at the same time. Of more that arrive, none is refused: they wait here, where they keep neither
 * connections of the database nor compilers from others.
 */
const mostTriggered = 8

export function createUserActions(ports: UserActionsPorts): UserActions {
  const { engine } = ports
  const checks = createStartChecks(ports.newId)
  const inTurn = createTurns(mostTriggered)
  const sameKeyInTurn = createSameKeyInTurn()

  async function changeWorkflow(
    workflowId: string,
    key: RequestKey | undefined,
    change: (tx: EngineTransaction, snapshot: WorkflowSnapshot) => Promise<readonly EndedJob[]>,
  ): Promise<void> {
    await decided(engine, (tx) =>
      once(tx, key, async () => {
        const snapshot = await tx.lockWorkflow(workflowId)
        if (snapshot === undefined) throw new AppError('not-found', `There is no workflow ${workflowId}.`)
        await advance(tx, snapshot, await change(tx, snapshot), checks)
        return workflowId
      }),
    )
  }

  async function changeOneJob(
    jobId: string,
    key: RequestKey | undefined,
    change: (tx: EngineTransaction, head: WorkflowHead, job: Job) => Promise<readonly EndedJob[]>,
  ): Promise<void> {
    const workflowId = await engine.transact((tx) => tx.workflowOfJob(jobId))
    if (workflowId === undefined) throw new AppError('not-found', `There is no job ${jobId}.`)
    await decided(engine, (tx) =>
      once(tx, key, async () => {
        const head = await tx.holdWorkflow(workflowId)
        const found = await tx.jobWithTasks(jobId)
        if (head === undefined || found === undefined) throw new AppError('not-found', `There is no job ${jobId}.`)
        await advance(tx, head, await change(tx, head, found.job), checks)
        return jobId
      }),
    )
  }

  return {
    trigger: (request) => sameKeyInTurn(request.once, () => inTurn(() => triggerPipeline(ports, checks, request))),
    continuePipeline: (request) => continuePipeline(ports, checks, request),
    async branchDeleted({ id: projectId, organizationId }, branch, actorId, key) {
      await engine.transact((tx) =>
        once(tx, key, async () => {
          await tx.replaceSchedules(projectId, branch, [])
          await tx.append({ kind: 'branch.deleted', organizationId, projectId, actorId, data: { branch } })
          return projectId
        }),
      )
    },
    approve: (jobId, actorId, key) =>
      changeOneJob(jobId, key, async (tx, head, job) => {
        if (job.type !== 'approval') throw new AppError('conflict', `Job ${job.name} is not an approval.`)
        if (job.status !== 'on_hold')
          throw new AppError('conflict', `Job ${job.name} does not wait for approval; it is ${job.status}.`)
        await changeJob(tx, head, job, 'success', { approvedBy: actorId })
        await tx.append({ ...workflowScope(head), kind: 'job.approved', jobId, actorId })
        return [{ jobId, as: 'success' }]
      }),
    async cancelPipeline(pipelineId, actorId, key) {
      await decided(engine, (tx) =>
        once(tx, key, async () => {
          await cancelPipeline(tx, checks, pipelineId, actorId)
          return pipelineId
        }),
      )
    },
    cancelWorkflow: (workflowId, actorId, key) =>
      changeWorkflow(workflowId, key, (tx, snapshot) => cancelWorkflow(tx, snapshot, canceledBy(actorId))),
    cancelJob: (jobId, actorId, key) =>
      changeOneJob(jobId, key, (tx, head, job) => cancelOneJob(tx, head, job, canceledBy(actorId))),
    async cancelBatch(jobIds, actorId) {
      // How many there were altogether is not known: who asks sends them by the hundred.
      const message =
        jobIds.length === 1 ? canceledWaiting : `${canceledWaiting.slice(0, -1)}, with others that waited.`
      const cause = { canceledBy: actorId, message }
      for (const id of jobIds) await changeOneJob(id, undefined, (tx, head, job) => cancelOneJob(tx, head, job, cause))
    },
    rerun: (request) => rerun(ports, checks, request),
  }
}

const canceledWaiting = 'An administrator canceled it while it waited.'

/** Asked within the deciding transaction, on its own connection. */
export function createStartChecks(newId: NewId): StartChecks {
  return {
    newId,
    async refusedContexts(tx, { organizationId, projectId }, contexts) {
      const usable = new Set(await tx.contextNames(organizationId, projectId))
      const refused = contexts.filter((name) => !usable.has(name))
      if (refused.length === 0) return []
      const all = new Set(await tx.contextNames(organizationId, null))
      return refused.map((name) => ({ name, restricted: all.has(name) }))
    },
  }
}

/** Reruns of one pipeline, at most (semantics 27). */
const maxReruns = 100

async function rerun(ports: UserActionsPorts, checks: StartChecks, request: RerunRequest): Promise<string> {
  if (request.jobIds?.length === 0)
    throw new AppError(
      'bad-request',
      'The list of jobs to rerun names none. Give the ids of jobs of the workflow, or leave the list out to rerun all of it.',
    )
  return ports.engine.transact((tx) => once(tx, request.once, () => makeRerun(tx, checks, request)))
}

/** What a setup workflow is for is to continue its pipeline: once that has been done, or cannot be any more, it would run in vain. */
async function needSetup(
  tx: EngineTransaction,
  { name, pipelineId }: Pick<Workflow, 'name' | 'pipelineId'>,
): Promise<void> {
  const found = await tx.lockPipeline(pipelineId)
  if (found !== undefined && found.pipeline.state !== 'setup')
    throw new AppError(
      'conflict',
      `Setup workflow ${name} cannot be rerun: its pipeline is not in setup state. ${whyNotInSetup(found)}`,
    )
}

async function makeRerun(tx: EngineTransaction, checks: StartChecks, request: RerunRequest): Promise<string> {
  const snapshot = await tx.lockWorkflow(request.workflowId)
  if (snapshot === undefined) throw new AppError('not-found', `There is no workflow ${request.workflowId}.`)
  const { workflow } = snapshot
  if (!isFinalWorkflowStatus(workflow.status))
    throw new AppError(
      'conflict',
      `Workflow ${workflow.name} is still ${workflow.status}. Cancel it or wait for its end, then rerun it.`,
    )
  if (request.enableSsh === true && request.jobIds === undefined)
    throw new AppError('bad-request', 'SSH is opened into chosen jobs: name them in `jobs`.')
  if (request.enableSsh === true && request.actorId === null)
    throw new AppError('forbidden', 'SSH is opened for a person, by a key of theirs. Use a personal API token.')
  const strangers = (request.jobIds ?? []).filter((id) => !snapshot.jobs.some((job) => job.id === id))
  if (strangers.length > 0)
    throw new AppError(
      'bad-request',
      `Workflow ${workflow.name} has no job ${strangers.join(', ')}. Name jobs of the workflow that is rerun.`,
    )
  if ((await tx.rerunCount(workflow.pipelineId)) >= maxReruns)
    throw new AppError(
      'conflict',
      `This pipeline was rerun ${maxReruns} times, which is the most it can be. Trigger a new pipeline instead.`,
    )
  if (workflow.setup) await needSetup(tx, workflow)
  const { actorId } = request
  const rerun = await createRerun(tx, snapshot, checks, { request, actorId, autoRerunNumber: 0 })
  await begin(tx, rerun, checks)
  return rerun.head.workflow.id
}
