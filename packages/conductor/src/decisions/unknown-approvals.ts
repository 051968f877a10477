import type { GitRevision, Plan } from '@rondo/model'
import { jobsFor } from './plan-jobs.ts'

/**
 * Which of the names that shall be approved beforehand are of no approval job of what would run, as a sentence; undefined when
 * each is. What a setup config continues with is not known yet, and may have them.
 */
export function unknownApprovals(
  plan: Plan,
  names: readonly string[],
  git: Pick<GitRevision, 'branch' | 'tag'>,
): string | undefined {
  if (plan.setup || names.length === 0) return undefined
  const workflows = plan.workflows.filter((workflow) => workflow.schedules.length === 0)
  const jobs = workflows.flatMap((workflow) => jobsFor(plan, workflow, git, () => ''))
  const known = new Set(jobs.filter((job) => job.type === 'approval').map((job) => job.name))
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length === 0) return undefined
  const there = known.size === 0 ? 'There is none in what would run.' : `There are: ${[...known].join(', ')}.`
  return `No approval job that would run is named ${unknown.join(' or ')}. ${there}`
}
