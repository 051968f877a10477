import type { Plan, PlanSelection, WorkflowNode, WorkflowPlan } from '@rondo/model'

/**
 * The part of a plan that somebody asked for by name. A job comes alone, or with what it requires, directly and indirectly;
 * filters and schedules, which say when a part runs by itself, no longer count. Of a job of several workflows the one is
 * meant that a push runs, if there is one.
 */
export function selectFromPlan(
  plan: Plan,
  selection: PlanSelection,
): { readonly plan: Plan } | { readonly problem: string } {
  const workflow = plan.workflows.find((candidate) => candidate.name === selection.name)
  if (workflow !== undefined) return { plan: { ...plan, omitted: [], workflows: [{ ...workflow, schedules: [] }] } }
  const found = plan.workflows.flatMap((candidate) =>
    candidate.jobs
      .filter((node) => node.name === selection.name || `${candidate.name}/${node.name}` === selection.name)
      .map((node) => ({ workflow: candidate, node })),
  )
  const pushed = found.filter((one) => one.workflow.schedules.length === 0)
  const [first, second] = pushed.length === 1 ? pushed : found
  if (first === undefined) return { problem: unknown(plan, selection.name) }
  if (second !== undefined) return { problem: ambiguous(selection.name, found) }
  const jobs = selection.withRequired ? required(first.workflow, first.node) : [alone(first.node)]
  return { plan: { ...plan, omitted: [], workflows: [{ ...first.workflow, schedules: [], jobs }] } }
}

function alone(node: WorkflowNode): WorkflowNode {
  const { filters: _, ...rest } = node
  return { ...rest, requires: [] }
}

function required(workflow: WorkflowPlan, wanted: WorkflowNode): readonly WorkflowNode[] {
  const byName = new Map(workflow.jobs.map((node) => [node.name, node]))
  const kept = new Set([wanted.name])
  // A set grows while it is walked, and the walk goes on over what was added.
  for (const name of kept) for (const requirement of byName.get(name)?.requires ?? []) kept.add(requirement.node)
  return workflow.jobs.filter((node) => kept.has(node.name)).map(({ filters: _, ...node }) => node)
}

function unknown(plan: Plan, name: string): string {
  const lines = plan.workflows.map(
    (workflow) => `  ${workflow.name}: ${workflow.jobs.map((node) => node.name).join(', ')}`,
  )
  const whose = plan.setup ? ' in the setup config; what it continues with cannot be chosen' : ''
  return `There is no workflow or job named ${name}${whose}. There are these workflows, with their jobs:\n${lines.join('\n')}`
}

function ambiguous(name: string, found: readonly { workflow: WorkflowPlan }[]): string {
  const choices = found.map(({ workflow }) => `${workflow.name}/${name}`)
  return `Job ${name} is in several workflows. Say which: ${choices.join(', ')}`
}
