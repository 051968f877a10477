import type { Plan, PlanSelection, WorkflowNode, WorkflowPlan } from '@rondo/model'

/**
 * The part of a plan that somebody asked for by name. The name of a job with a matrix, or the alias of the matrix, means all
 * its rows. A job comes alone, or with what it requires, directly and indirectly;
 * filters and schedules, which say when a part runs by itself, no longer count. Of a job of several workflows the one is
 * meant that a push runs, if there is one.
 */
export function selectFromPlan(
  plan: Plan,
  selection: PlanSelection,
): { readonly plan: Plan } | { readonly problem: string } {
  const workflow = plan.workflows.find((candidate) => candidate.name === selection.name)
  if (workflow !== undefined) return { plan: { ...plan, omitted: [], workflows: [{ ...workflow, schedules: [] }] } }
  const found = plan.workflows
    .map((candidate) => ({ workflow: candidate, nodes: nodesCalled(selection.name, candidate) }))
    .filter(({ nodes }) => nodes.length > 0)
  const pushed = found.filter((one) => one.workflow.schedules.length === 0)
  const [first, second] = pushed.length === 1 ? pushed : found
  if (first === undefined) return { problem: unknown(plan, selection.name) }
  if (second !== undefined) return { problem: ambiguous(selection.name, found) }
  const jobs = selection.withRequired ? required(first.workflow, first.nodes) : first.nodes.map(alone)
  return { plan: { ...plan, omitted: [], workflows: [{ ...first.workflow, schedules: [], jobs }] } }
}

/** A node of this very name goes before the rows of a matrix. */
function nodesCalled(name: string, { name: workflow, jobs }: WorkflowPlan): readonly WorkflowNode[] {
  const isMeant = (called: string) => called === name || `${workflow}/${called}` === name
  const exact = jobs.filter((node) => isMeant(node.name))
  return exact.length > 0 ? exact : jobs.filter((node) => node.matrix?.some(isMeant) === true)
}

function alone(node: WorkflowNode): WorkflowNode {
  const { filters: _, ...rest } = node
  return { ...rest, requires: [] }
}

function required(workflow: WorkflowPlan, wanted: readonly WorkflowNode[]): readonly WorkflowNode[] {
  const byName = new Map(workflow.jobs.map((node) => [node.name, node]))
  const kept = new Set(wanted.map((node) => node.name))
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
