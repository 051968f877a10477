import { type EngineTransaction, type NewPipeline, type Plan, toldBranch } from '@rondo/model'
import { jobsFor } from '../decisions/plan-jobs.ts'
import { becauseOfCondition, becauseOfFilters, becauseOfSchedule, jobsLeftOut } from '../decisions/why-left-out.ts'
import { begin } from './apply-moves.ts'
import { madeOf } from './made-workflow.ts'
import type { StartChecks } from './start-job.ts'

/**
 * Writes the workflows of a plan with their jobs and starts what requires nothing. Those with a schedule wait for their
 * time: `scheduled` then names the one to run, and no other does. What is left out stands in the history.
 */
export async function createWorkflows(
  tx: EngineTransaction,
  checks: StartChecks,
  pipeline: Pick<NewPipeline, 'id' | 'projectId' | 'git' | 'triggeredBy'>,
  plan: Plan,
  scheduled: string | null = null,
): Promise<void> {
  const ref = { branch: toldBranch(pipeline.git), tag: pipeline.git.tag }
  const leaveOut = (name: string, because: string) =>
    tx.append({
      kind: 'workflow.omitted',
      projectId: pipeline.projectId,
      pipelineId: pipeline.id,
      data: { name, because },
    })
  for (const omitted of plan.omitted ?? []) await leaveOut(omitted.name, becauseOfCondition(omitted))
  for (const workflow of plan.workflows) {
    const runs = scheduled === null ? workflow.schedules.length === 0 : workflow.name === scheduled
    if (!runs) {
      await leaveOut(workflow.name, becauseOfSchedule(scheduled))
      continue
    }
    const jobs = jobsFor(plan, workflow, ref, checks.newId)
    if (jobs.length === 0) {
      await leaveOut(workflow.name, becauseOfFilters(ref))
      continue
    }
    const because = jobsLeftOut(workflow, jobs, ref)
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
      data: { name: workflow.name, ...(because === undefined ? {} : { because }) },
    })
    await begin(tx, madeOf(head, jobs), checks)
  }
}
