import { type GitRevision, type Plan, unavailableStep } from '@rondo/model'
import { jobsFor } from './plan-jobs.ts'

/** Jobs of what would run that have a step which cannot be carried out here, a sentence for each. */
export function jobsBoundToFail(plan: Plan, git: Pick<GitRevision, 'branch' | 'tag'>): readonly string[] {
  const workflows = plan.workflows.filter((workflow) => workflow.schedules.length === 0)
  const jobs = workflows.flatMap((workflow) => jobsFor(plan, workflow, git, () => ''))
  const sentences = jobs.flatMap(({ name, plan: body }) => {
    const step = body?.steps.map(unavailableStep).find((keyword) => keyword !== undefined)
    return step === undefined
      ? []
      : [`The job ${name} will fail at its step ${step}, which cannot be carried out here.`]
  })
  return [...new Set(sentences)]
}
