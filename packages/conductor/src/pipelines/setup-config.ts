import { matchesFilters } from '@rondo/config'
import { type GitRevision, type PipelineError, type Plan, toldBranch } from '@rondo/model'

/** Why a pipeline cannot run this plan as its setup config; undefined when it can, or when the plan is of no such config. */
export function setupMistake(
  plan: Plan | null,
  file: string,
  { allowed, git }: { readonly allowed: boolean; readonly git: GitRevision },
): PipelineError | undefined {
  if (plan?.setup !== true) return undefined
  if (!allowed) {
    const reason = `${file} says setup: true, and dynamic config is turned off for this project.`
    return { type: 'config', message: `${reason} Turn it on in the project's settings, or take the key out.` }
  }
  const names = workflowsThatRun(plan, git)
  if (names.length < 2) return undefined
  const cure =
    "Put their jobs into one, give each a 'when' that excludes the others, or move some to the config that continues"
  return {
    type: 'config',
    message: `Max number of workflows exceeded: ${file} is a setup config, of which a pipeline runs one workflow; here these would run: ${names.join(', ')}. ${cure}.`,
  }
}

/** Scheduled workflows are none of a setup config's, so that filters alone decide (semantics 22). */
function workflowsThatRun(plan: Plan, git: GitRevision): readonly string[] {
  const [branch, tag] = [toldBranch(git), git.tag]
  const at = { ...(branch === null ? {} : { branch }), ...(tag === null ? {} : { tag }) }
  const running = plan.workflows.filter(({ jobs }) => jobs.some(({ filters }) => matchesFilters(filters, at)))
  return running.map(({ name }) => name)
}
