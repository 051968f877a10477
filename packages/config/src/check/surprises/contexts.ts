import type { WorkflowPlan } from '@rondo/model'
import { didYouMean } from '../../did-you-mean.ts'
import type { Report } from '../../report.ts'

/** Contexts that do not exist, as far as that is known, and contexts of jobs that run no steps. */
export function checkContexts(report: Report, workflow: WorkflowPlan, known: ReadonlySet<string> | undefined): void {
  for (const node of workflow.jobs) {
    const { span, chain } = node.origin
    if (node.contexts.length > 0 && node.type !== 'build') {
      const message = `'${node.name}' is of type ${node.type} and runs no steps: nothing uses its contexts`
      report.warn('context', span, message, { chain, hint: "Remove 'context' here" })
      continue
    }
    for (const name of node.contexts) {
      if (known === undefined || known.has(name)) continue
      const message = `There is no context '${name}' that '${node.name}' could use: the job will be unauthorized`
      const hint = didYouMean(name, known) ?? 'Create it in the organization, or remove it here'
      report.warn('context', span, message, { chain, hint })
    }
  }
}
