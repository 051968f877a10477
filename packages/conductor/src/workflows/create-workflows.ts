import type { EngineTransaction, NewPipeline, Plan } from '@rondo/model'
import { jobsFor } from '../decisions/plan-jobs.ts'
import { begin } from './apply-moves.ts'
import { madeOf } from './made-workflow.ts'
import type { StartChecks } from './start-job.ts'

/**
 * Writes the workflows of a plan with their jobs and starts what requires nothing. Those with a schedule wait for their
 * time: `scheduled` then names the one to run, and no other does.
 */
export async function createWorkflows(
  tx: EngineTransaction,
  checks: StartChecks,
  pipeline: Pick<NewPipeline, 'id' | 'projectId' | 'git' | 'triggeredBy'>,
  plan: Plan,
  scheduled: string | null = null,
): Promise<void> {
  for (const workflow of plan.workflows) {
    const runs = scheduled === null ? workflow.schedules.length === 0 : workflow.name === scheduled
    if (!runs) continue
    const jobs = jobsFor(plan, workflow, pipeline.git, checks.newId)
    if (jobs.length === 0) continue
    const head = await tx.createWorkflow({
      pipelineId: pipeline.id,
      projectId: pipeline.projectId,
      name: workflow.name,
      status: 'running',
      startedBy: pipeline.triggeredBy,
      rerunOf: null,
      workspaceId: null,
      setup: plan.setup,
      maxAutoReruns: workflow.maxAutoReruns,
      jobs,
    })
    await tx.append({
      kind: 'workflow.created',
      projectId: pipeline.projectId,
      pipelineId: pipeline.id,
      workflowId: head.workflow.id,
      data: { name: workflow.name },
    })
    await begin(tx, madeOf(head, jobs), checks)
  }
}
