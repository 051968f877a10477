import { AppError, type EngineTransaction, type RerunRequest, type WorkflowSnapshot } from '@rondo/model'
import { rerunJobs } from '../decisions/rerun-jobs.ts'
import { rerunData } from '../history/how-rerun.ts'
import { workflowScope } from './change-state.ts'
import { type MadeWorkflow, madeOf } from './made-workflow.ts'
import { needWorkspace } from './need-workspace.ts'
import type { StartChecks } from './start-job.ts'

export interface RerunParts {
  readonly request: Pick<RerunRequest, 'fromFailed' | 'jobIds' | 'enableSsh'>
  readonly actorId: string | null
  /** 0: somebody asked for it. */
  readonly autoRerunNumber: number
}

/** Writes a workflow that runs an ended one again; the caller lets it begin. */
export async function createRerun(
  tx: EngineTransaction,
  { workflow, jobs, ...snapshot }: WorkflowSnapshot,
  checks: StartChecks,
  { request, actorId, autoRerunNumber }: RerunParts,
): Promise<MadeWorkflow> {
  const plans = await tx.plansOf(workflow.id)
  const before = jobs.map((job) => ({ ...job, plan: plans.get(job.id) ?? null }))
  const again = rerunJobs(before, request, checks.newId)
  if (again.every((job) => job.keptFrom !== null))
    throw new AppError('conflict', `Nothing failed in workflow ${workflow.name}. Rerun it from the start instead.`)
  // What reruns by itself failed just now: nothing of it can be too old.
  if (autoRerunNumber === 0) await needWorkspace(tx, workflow.projectId, again)
  const keepsWorkspace = again.some((job) => job.keptFrom !== null)
  const head = await tx.createWorkflow({
    pipelineId: workflow.pipelineId,
    projectId: workflow.projectId,
    name: workflow.name,
    status: 'running',
    // Nobody asked for an automatic one: it counts as begun by whoever began the first.
    startedBy: autoRerunNumber === 0 ? actorId : workflow.startedBy,
    rerunOf: workflow.id,
    workspaceId: keepsWorkspace ? workflow.workspaceId : null,
    setup: workflow.setup,
    maxAutoReruns: workflow.maxAutoReruns,
    autoRerunNumber,
    jobs: again,
  })
  await tx.append({
    ...workflowScope({ ...snapshot, workflow }),
    kind: 'workflow.created',
    workflowId: head.workflow.id,
    actorId,
    data: {
      name: workflow.name,
      ...rerunData(request, workflow.id, jobs),
      ...(autoRerunNumber === 0
        ? {}
        : {
            automatic: true,
            because: `it failed, and its config asks for ${workflow.maxAutoReruns} automatic reruns; this is number ${autoRerunNumber}`,
          }),
    },
  })
  if (request.enableSsh === true)
    for (const [index, job] of again.entries())
      if (request.jobIds?.includes(before[index]?.id ?? '')) await tx.openSsh(job.id, actorId ?? '')
  return madeOf(head, again)
}
