import type { WorkflowPlan } from '@rondo/model'
import type { Report } from '../../report.ts'

/** A key is meant to be used once in a workflow (semantics 21.4): jobs of one workflow that share it wait for each other. */
export function checkSerialGroups(report: Report, workflow: WorkflowPlan): void {
  const first = new Map<string, string>()
  for (const { name, serialGroup, origin } of workflow.jobs) {
    if (serialGroup === undefined) continue
    const other = first.get(serialGroup)
    first.set(serialGroup, other ?? name)
    if (other === undefined) continue
    const message = `'${name}' and '${other}' share the serial-group '${serialGroup}' in workflow '${workflow.name}'`
    const hint = "Join them by 'requires', or put both into a job group that carries the serial-group"
    report.warn('serial-group', origin.span, message, { chain: origin.chain, hint })
  }
}
