import type { WorkflowNode, WorkflowPlan } from '@rondo/model'
import type { Report } from '../../report.ts'

/** A job that runs on tags requires one that does not: for a tag it starts without it, or not at all (semantics 16, 19). */
export function checkTagFilters(report: Report, workflow: WorkflowPlan): void {
  const byName = new Map(workflow.jobs.map((node) => [node.name, node]))
  for (const node of workflow.jobs) {
    if (!runsOnTags(node)) continue
    const absent = node.requires.filter(({ node: name }) => !runsOnTags(byName.get(name)))
    if (absent.length === 0) continue
    const names = absent.map(({ node: name }) => `'${name}'`).join(', ')
    const effect = absent.length === node.requires.length ? 'will not run' : 'will not wait for it'
    const message = `'${node.name}' has a tag filter, but ${names}, which it requires, has none: on a tag it ${effect}`
    const hint = "Give every job it requires, directly or not, the same 'tags' filter"
    report.warn('tag-filter', node.origin.span, message, { chain: node.origin.chain, hint })
  }
}

function runsOnTags(node: WorkflowNode | undefined): boolean {
  const tags = node?.filters?.tags
  return tags !== undefined && (tags.only !== undefined || tags.ignore !== undefined)
}
