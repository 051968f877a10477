import type { Plan } from '@rondo/model'
import { matchesFilters } from '../../matches-filters.ts'
import type { Report } from '../../report.ts'

/**
 * A setup config is meant to run one workflow (semantics 22), for a pipeline is continued once. Public configs run a check
 * beside it all the same, so that this is no mistake by itself. What filters keep from this branch or tag does not count.
 */
export function checkSetupWorkflows(
  report: Report,
  plan: Plan,
  values: Readonly<Record<string, string | number | boolean | null>>,
): void {
  if (!plan.setup) return
  const branch = String(values['pipeline.git.branch'] ?? '')
  const tag = String(values['pipeline.git.tag'] ?? '')
  const running = plan.workflows.filter(({ jobs }) =>
    jobs.some(({ filters }) => matchesFilters(filters, { branch, tag })),
  )
  if (running.length < 2) return
  const names = running.map(({ name }) => name).join(', ')
  const message = `A setup config is meant to run one workflow; here these run: ${names}`
  const hint = "Only one of them can continue the pipeline. Give each a 'when' that excludes the others"
  report.warn('setup', running[1]!.origin.span, message, { hint })
}
