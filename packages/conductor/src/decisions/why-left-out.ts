import type { NewJob, NewPipeline, OmittedWorkflow, WorkflowPlan } from '@rondo/model'

type Git = Pick<NewPipeline['git'], 'branch' | 'tag'>

/** More names than anybody reads are counted. */
const mostNames = 20

/** Why a workflow of the config is not made, for the history. */
export function becauseOfCondition({ by }: OmittedWorkflow): string {
  return by === 'when' ? 'its `when` is false here' : 'its `unless` is true here'
}

/** As above, of one that other workflows run without. `scheduled`: the workflow that a schedule asks for; null: those without one. */
export function becauseOfSchedule(scheduled: string | null): string {
  return scheduled === null ? 'it runs on its schedule only' : `the schedule asks for ${scheduled} alone`
}

/** As above, of one without a job that may run. */
export function becauseOfFilters(git: Git): string {
  return `the filters of its jobs let none run for ${refOf(git)}`
}

/** Which jobs of a workflow are not made, for the history; undefined: all are. */
export function jobsLeftOut(
  workflow: WorkflowPlan,
  made: readonly Pick<NewJob, 'name'>[],
  git: Git,
): string | undefined {
  const names = new Set(made.map((job) => job.name))
  const missing = workflow.jobs.filter((node) => !names.has(node.name)).map((node) => node.name)
  if (missing.length === 0) return undefined
  const more = missing.length > mostNames ? ` and ${missing.length - mostNames} more` : ''
  return `without ${missing.slice(0, mostNames).join(', ')}${more}, which filters leave out for ${refOf(git)}`
}

function refOf({ branch, tag }: Git): string {
  return tag === null ? `branch ${branch ?? '?'}` : `tag ${tag}`
}
