import type { Filters, Plan } from '@rondo/model'
import { matchesFilters } from '../../matches-filters.ts'
import type { Report } from '../../report.ts'

/**
 * A setup config runs one workflow at most (semantics 22), even if only one of several would continue the pipeline: whoever
 * makes the pipeline refuses it. It is a config all the same, which another branch may run, so that this is a warning. What
 * conditions or filters keep from this branch or tag does not run and does not count.
 */
export function checkSetupWorkflows(
  report: Report,
  plan: Plan,
  values: Readonly<Record<string, string | number | boolean | null>>,
): void {
  if (!plan.setup) return
  const branch = String(values['pipeline.git.branch'] ?? '')
  const tag = String(values['pipeline.git.tag'] ?? '')
  // Where neither is known, filters may keep apart what has any.
  const runs = (filters: Filters | undefined) =>
    branch + tag === '' ? filters === undefined : matchesFilters(filters, { branch, tag })
  const running = plan.workflows.filter(({ jobs }) => jobs.some(({ filters }) => runs(filters)))
  if (running.length < 2) return
  const names = running.map(({ name }) => name).join(', ')
  const message = `A pipeline runs one workflow of a setup config and is refused where several would run, as here: ${names}`
  const hint =
    "Put their jobs into one workflow, give each a 'when' that excludes the others, or move it to the config that continues the pipeline"
  report.warn('setup', running[1]!.origin.span, message, { hint })
}
