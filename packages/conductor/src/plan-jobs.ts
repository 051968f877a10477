import { matchesFilters } from '@rondo/config'
import type { NewId, NewJob, Plan, WorkflowNode, WorkflowPlan } from '@rondo/model'

/**
 * The jobs of a workflow for one branch or tag. A node that its filters leave out is ignored by those that require it; a
 * node all of whose requirements are left out goes too (semantics 16 and 19).
 */
export function jobsFor(
  plan: Plan,
  workflow: WorkflowPlan,
  ref: { readonly branch: string | null; readonly tag: string | null },
  newId: NewId,
): readonly NewJob[] {
  const kept = keptNodes(workflow.jobs, ref)
  const names = new Set(kept.map((node) => node.name))
  return kept.map((node) => {
    const body = node.job === undefined ? null : (plan.jobs[node.job] ?? null)
    return {
      id: newId(),
      name: node.name,
      type: node.type,
      number: null,
      status: 'blocked',
      requires: node.requires.filter((requirement) => names.has(requirement.node)),
      contexts: node.contexts,
      parallelism: body?.parallelism ?? 1,
      resourceClass: body?.resourceClass ?? null,
      executor: body?.executor.type ?? null,
      keptFrom: null,
      plan: body,
    }
  })
}

function keptNodes(
  nodes: readonly WorkflowNode[],
  ref: { branch: string | null; tag: string | null },
): readonly WorkflowNode[] {
  const at = ref.tag === null ? { branch: ref.branch ?? '' } : { tag: ref.tag }
  let kept = nodes.filter((node) => matchesFilters(node.filters, at))
  for (;;) {
    const names = new Set(kept.map((node) => node.name))
    const next = kept.filter(
      (node) => node.requires.length === 0 || node.requires.some((requirement) => names.has(requirement.node)),
    )
    if (next.length === kept.length) return next
    kept = next
  }
}
