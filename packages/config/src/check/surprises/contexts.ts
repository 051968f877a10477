import type { Span, WorkflowNode, WorkflowPlan } from '@rondo/model'
import { didYouMean } from '../../did-you-mean.ts'
import type { Report } from '../../report.ts'
import type { LinkedWorkflow } from '../link.ts'

/** Contexts that do not exist, as far as that is known, and contexts of jobs that run no steps. */
export function checkContexts(
  report: Report,
  { workflow, linked }: { readonly workflow: WorkflowPlan; readonly linked: LinkedWorkflow },
  known: ReadonlySet<string> | undefined,
): void {
  for (const [index, node] of workflow.jobs.entries()) {
    const { chain } = node.origin
    if (node.contexts.length > 0 && node.type !== 'build') {
      const message = `'${node.name}' is of type ${node.type} and runs no steps: nothing uses its contexts`
      report.warn('context', contextPlace(linked, index, node), message, { chain, hint: "Remove 'context' here" })
      continue
    }
    for (const name of node.contexts) {
      if (known === undefined || known.has(name)) continue
      const message = `There is no context '${name}' that '${node.name}' could use: the job will be unauthorized`
      const hint =
        didYouMean(name, known) ?? 'Create it, have an administrator let this project use it, or remove it here'
      report.warn('context', contextPlace(linked, index, node, name), message, { chain, hint })
    }
  }
}

/** Where a context is named; `context` as a whole without a name. */
function contextPlace({ nodes }: LinkedWorkflow, index: number, { origin }: WorkflowNode, name?: string): Span {
  const invocation = nodes[index]?.invocation
  const items = invocation?.context?.kind === 'list' ? invocation.context.items : [invocation?.context]
  const item = items.find((one) => one?.kind === 'scalar' && one.text === name)
  return item?.span ?? invocation?.attributes.get('context')?.keySpan ?? origin.span
}
