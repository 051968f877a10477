import type { WorkflowNode, WorkflowPlan } from '@rondo/model'
import type { Report } from '../../report.ts'

/**
 * A key is meant to be used once in a workflow (semantics 21.4): jobs of one workflow that share it wait for each other, and
 * between two of them that follow each other a newer pipeline may come in, after which the older one's second is not run.
 */
export function checkSerialGroups(report: Report, workflow: WorkflowPlan): void {
  const first = new Map<string, WorkflowNode>()
  const nodes = new Map(workflow.jobs.map((node) => [node.name, node]))
  for (const node of workflow.jobs) {
    const { name, serialGroup, origin } = node
    if (serialGroup === undefined) continue
    const other = first.get(serialGroup)
    first.set(serialGroup, other ?? node)
    if (other === undefined) continue
    const inTurn = comesAfter(node, other, nodes) || comesAfter(other, node, nodes)
    const message = `'${name}' and '${other.name}' share the serial-group '${serialGroup}' in workflow '${workflow.name}'`
    const hint = inTurn
      ? 'Put both into a job group that carries the serial-group: when a newer pipeline asks for it between the two, the second is not run'
      : 'Put both into a job group that carries the serial-group'
    report.warn('serial-group', origin.span, message, { chain: origin.chain, hint })
  }
}

function comesAfter(node: WorkflowNode, other: WorkflowNode, nodes: ReadonlyMap<string, WorkflowNode>): boolean {
  const before = new Set([node.name])
  for (const name of before) for (const required of nodes.get(name)?.requires ?? []) before.add(required.node)
  return node !== other && before.has(other.name)
}
