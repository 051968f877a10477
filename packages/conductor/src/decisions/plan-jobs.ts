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
  const kept = withLocks(keptNodes(workflow.jobs, ref))
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
      lockKey: node.key ?? null,
      parallelism: body?.parallelism ?? 1,
      resourceClass: body?.resourceClass ?? null,
      executor: body?.executor.type ?? null,
      keptFrom: null,
      plan: body,
    }
  })
}

/**
 * An entry with a `serial-group` gets a lock node in front and an unlock node behind, as a job group has (semantics 21.4).
 * What required the entry still does; nothing requires the unlock node, which runs whatever the outcome.
 */
function withLocks(nodes: readonly WorkflowNode[]): readonly WorkflowNode[] {
  return nodes.flatMap((node) => {
    if (node.serialGroup === undefined) return [node]
    const { serialGroup: key, ...entry } = node
    const lock: WorkflowNode = {
      name: `${node.name}/lock`,
      type: 'lock',
      key,
      requires: node.requires,
      contexts: [],
      origin: node.origin,
    }
    const unlock: WorkflowNode = {
      ...lock,
      name: `${node.name}/unlock`,
      type: 'unlock',
      requires: [{ node: node.name, statuses: ['success', 'failed', 'canceled', 'unauthorized', 'not_run'] }],
    }
    return [lock, { ...entry, requires: [{ node: lock.name, statuses: ['success'] }] }, unlock]
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
