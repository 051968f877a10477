import {
  AppError,
  type Clock,
  type EngineStore,
  type EngineTransaction,
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type NewId,
  type Repositories,
  type RerunRequest,
  type UserActions,
  type WorkflowSnapshot,
} from '@rondo/model'
import { advance, type StartChecks } from './apply-moves.ts'
import { changeJob, workflowScope } from './change-state.ts'
import type { Compiler } from './compiler/compiler.ts'
import type { ContinuationKeys } from './continuation-keys.ts'
import { continuePipeline } from './continue-pipeline.ts'
import { rerunJobs } from './rerun-jobs.ts'
import { triggerPipeline } from './trigger-pipeline.ts'

export interface UserActionsPorts {
  readonly engine: EngineStore
  readonly repositories: Repositories
  readonly compiler: Compiler
  readonly publicUrl: string
  readonly clock: Clock
  readonly newId: NewId
  readonly continuationKeys: ContinuationKeys
}

export function createUserActions(ports: UserActionsPorts): UserActions {
  const { engine } = ports
  const checks = startChecks

  async function changeWorkflow(
    workflowId: string,
    change: (tx: EngineTransaction, snapshot: WorkflowSnapshot) => Promise<void>,
  ): Promise<void> {
    await engine.transact(async (tx) => {
      const snapshot = await tx.lockWorkflow(workflowId)
      if (snapshot === undefined) throw new AppError('not-found', `There is no workflow ${workflowId}.`)
      await change(tx, snapshot)
      await advance(tx, workflowId, checks)
    })
  }

  async function changeOneJob(
    jobId: string,
    change: (tx: EngineTransaction, snapshot: WorkflowSnapshot, job: WorkflowSnapshot['jobs'][number]) => Promise<void>,
  ): Promise<void> {
    const workflowId = await engine.transact((tx) => tx.workflowOfJob(jobId))
    if (workflowId === undefined) throw new AppError('not-found', `There is no job ${jobId}.`)
    await changeWorkflow(workflowId, (tx, snapshot) =>
      change(tx, snapshot, snapshot.jobs.find((job) => job.id === jobId)!),
    )
  }

  return {
    trigger: (request) => triggerPipeline(ports, checks, request),
    continuePipeline: (request) => continuePipeline(ports, checks, request),
    approve: (jobId, actorId) =>
      changeOneJob(jobId, async (tx, snapshot, job) => {
        if (job.type !== 'approval') throw new AppError('conflict', `Job ${job.name} is not an approval.`)
        if (job.status !== 'on_hold')
          throw new AppError('conflict', `Job ${job.name} does not wait for approval; it is ${job.status}.`)
        await changeJob(tx, snapshot, job, 'success', { approvedBy: actorId })
        await tx.append({ ...workflowScope(snapshot), kind: 'job.approved', jobId, actorId })
      }),
    cancelWorkflow: (workflowId, actorId) =>
      changeWorkflow(workflowId, async (tx, snapshot) => {
        if (isFinalWorkflowStatus(snapshot.workflow.status)) return
        for (const job of snapshot.jobs) await cancelIfOpen(tx, snapshot, job, actorId)
        await tx.saveWorkflow(workflowId, snapshot.workflow.status, actorId)
      }),
    cancelJob: (jobId, actorId) => changeOneJob(jobId, (tx, snapshot, job) => cancelIfOpen(tx, snapshot, job, actorId)),
    rerun: (request) => rerun(ports, checks, request),
  }
}

async function cancelIfOpen(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  job: WorkflowSnapshot['jobs'][number],
  actorId: string | null,
): Promise<void> {
  if (isFinalJobStatus(job.status)) return
  await changeJob(tx, snapshot, job, 'canceled', actorId === null ? {} : { canceledBy: actorId })
  if (job.status !== 'blocked') await tx.stopTasks(job.id, 'canceled')
}

/** Asked within the deciding transaction, on its own connection. */
export const startChecks: StartChecks = {
  async missingContexts(tx, organizationId, contexts) {
    const known = new Set(await tx.contextNames(organizationId))
    return contexts.filter((name) => !known.has(name))
  },
}

async function rerun(ports: UserActionsPorts, checks: StartChecks, request: RerunRequest): Promise<string> {
  return ports.engine.transact(async (tx) => {
    const snapshot = await tx.lockWorkflow(request.workflowId)
    if (snapshot === undefined) throw new AppError('not-found', `There is no workflow ${request.workflowId}.`)
    const { workflow } = snapshot
    if (!isFinalWorkflowStatus(workflow.status))
      throw new AppError(
        'conflict',
        `Workflow ${workflow.name} is still ${workflow.status}. Cancel it or wait for its end, then rerun it.`,
      )
    const jobs = rerunJobs(snapshot.jobs, request, ports.newId)
    if (jobs.every((job) => job.keptFrom !== null))
      throw new AppError('conflict', `Nothing failed in workflow ${workflow.name}. Rerun it from the start instead.`)
    const keepsWorkspace = jobs.some((job) => job.keptFrom !== null)
    const id = await tx.createWorkflow({
      pipelineId: workflow.pipelineId,
      projectId: workflow.projectId,
      name: workflow.name,
      status: 'running',
      startedBy: request.actorId,
      rerunOf: workflow.id,
      workspaceId: keepsWorkspace ? workflow.workspaceId : null,
      setup: workflow.setup,
      jobs,
    })
    await tx.append({
      ...workflowScope(snapshot),
      kind: 'workflow.created',
      workflowId: id,
      actorId: request.actorId,
      data: { name: workflow.name, rerunOf: workflow.id },
    })
    await advance(tx, id, checks)
    return id
  })
}
