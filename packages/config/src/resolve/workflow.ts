import type { OmittedWorkflow, Span } from '@rondo/model'
import { slipFor } from '../did-you-mean.ts'
import { evaluateWorkflowCondition } from '../logic/logic.ts'
import { keyCure } from '../plan/key-cures.ts'
import { substitute } from '../template/substitute.ts'
import type { MapEntry, MapNode, Node } from '../tree/node.ts'
import { child, isNull, stringOf, typeName } from '../tree/node.ts'
import type { ResolveContext, Scope, Space } from './context.ts'
import { scopeOf, within } from './context.ts'
import { expandEntry, readEntry } from './entry.ts'
import { entryKeys } from './entry-keys.ts'
import type { Invocation, ResolvedWorkflow } from './invocation.ts'
import { expandGroup } from './job-group.ts'

export const workflowKeys = ['jobs', 'when', 'unless', 'triggers', 'max_auto_reruns', 'description']
const conditions = ['when', 'unless']

/** Resolves one workflow, or tells that its condition leaves it out (semantics 15); undefined when it cannot be read. */
export function resolveWorkflow(
  cx: ResolveContext,
  entry: MapEntry,
  space: Space,
): ResolvedWorkflow | OmittedWorkflow | undefined {
  const scope = within(scopeOf(space), { kind: 'workflow', name: entry.key, span: entry.keySpan })
  const node = entry.value
  if (node.kind !== 'map') {
    cx.report.error('expected-type', entry.keySpan, `Workflow '${entry.key}' must be a map, found ${typeName(node)}`, {
      hint: "Write 'jobs:' below it, a list of jobs",
    })
    return undefined
  }
  for (const { key, keySpan } of node.entries.values()) {
    if (cx.version === 2 && conditions.includes(key)) refuseCondition(cx, key, keySpan, entry.key)
    if (workflowKeys.includes(key)) continue
    cx.report.error('unknown-key', keySpan, `extraneous key [${key}] is not permitted in workflow '${entry.key}'`, {
      hint: () => keyHint(key),
    })
  }
  const by = cx.version === 2 ? undefined : omittedBy(cx, node, scope)
  if (by !== undefined)
    return { name: entry.key, by, origin: { span: node.entries.get(by)?.keySpan ?? entry.keySpan, chain: [] } }
  const jobs = child(node, 'jobs')
  if (slipFor('jobs', node.entries.keys(), workflowKeys) !== undefined) return undefined
  if (jobs?.kind !== 'list' || jobs.items.length === 0) {
    const found =
      jobs === undefined || isNull(jobs) ? 'nothing' : jobs.kind === 'list' ? 'an empty list' : typeName(jobs)
    cx.report.error(
      'missing-key',
      jobs?.span ?? entry.keySpan,
      `Workflow '${entry.key}' needs 'jobs', a list of at least one entry; found ${found}`,
      { chain: scope.chain, hint: jobsHint(jobs) },
    )
    return undefined
  }
  const groupNames = new Set<string>()
  checkGroupNames(cx, jobs.items, entry.key, scope)
  return {
    name: entry.key,
    invocations: jobs.items.flatMap((item) => expandItem(cx, item, entry.key, scope, groupNames)),
    triggers: evaluated(cx, child(node, 'triggers'), scope),
    maxAutoReruns: evaluated(cx, child(node, 'max_auto_reruns'), scope),
    span: entry.keySpan,
  }
}

/** What to do about a key that a workflow has not. */
function keyHint(key: string): string {
  if (entryKeys.has(key)) return `'${key}' stands at each entry of 'jobs', below the job's name`
  if (key === 'schedule' || key === 'cron') return 'Write triggers: [schedule: {cron: …, filters: …}]'
  return keyCure(key, workflowKeys)
}

function jobsHint(jobs: Node | undefined): string {
  const [first] = jobs?.kind === 'map' ? jobs.entries.keys() : [stringOf(jobs)]
  return `Write each job with a dash: '- ${first?.slice(0, 100) ?? 'build'}'`
}

/** Version 2 has no conditions (semantics 15 and 30); to run what one was to keep from running would be worse than to refuse. */
function refuseCondition(cx: ResolveContext, key: string, span: Span, workflow: string): void {
  const message = `'${key}' of workflow '${workflow}' needs version 2.1`
  cx.report.error('unknown-key', span, message, { hint: "Write 'version: 2.1' at the top of the config" })
}

function evaluated(cx: ResolveContext, node: Node | undefined, scope: Scope): Node | undefined {
  return node === undefined ? undefined : substitute(cx, node, scope)
}

function expandItem(
  cx: ResolveContext,
  item: Node,
  workflow: string,
  scope: Scope,
  groupNames: Set<string>,
): readonly Invocation[] {
  const raw = readEntry(cx, item, scope)
  if (raw === undefined) return []
  const group = raw.broken === true ? undefined : scope.space.groups.get(raw.job)
  if (group === undefined) return expandEntry(cx, raw, { workflow, group: undefined, prefix: '' }, scope)
  const invocations = expandGroup(cx, group, raw, workflow, scope)
  const name = invocations[0]?.group ?? raw.job
  if (groupNames.has(name)) {
    // Without a name it has been told that it needs one.
    if (!raw.attributes.has('name')) return []
    const message = `Job group '${raw.job}' is invoked twice as '${name}' in workflow '${workflow}'`
    cx.report.error('job-group', raw.span, message, {
      chain: scope.chain,
      hint: "Give each invocation a 'name' of its own",
    })
    return []
  }
  groupNames.add(name)
  return invocations
}

/** A group invoked more than once needs a name every time (semantics 21.5). */
function checkGroupNames(cx: ResolveContext, items: readonly Node[], workflow: string, scope: Scope): void {
  const nameless = new Map<string, Node[]>()
  const count = new Map<string, number>()
  for (const item of items) {
    const entry = item.kind === 'map' ? [...item.entries.values()][0] : undefined
    const name = entry?.key ?? stringOf(item)
    if (name === undefined || !scope.space.groups.has(name)) continue
    count.set(name, (count.get(name) ?? 0) + 1)
    if (child(entry?.value, 'name') === undefined) nameless.set(name, [...(nameless.get(name) ?? []), item])
  }
  for (const [name, places] of nameless) {
    if ((count.get(name) ?? 0) < 2) continue
    for (const place of places) {
      const message = `Job group '${name}' is invoked more than once in workflow '${workflow}' and needs a name here`
      cx.report.error('job-group', place.span, message, { chain: scope.chain, hint: "Add 'name:' below it" })
    }
  }
}

/** A condition that cannot be decided keeps its workflow, so that every mistake in it is told at once. */
function omittedBy(cx: ResolveContext, node: MapNode, scope: Scope): OmittedWorkflow['by'] | undefined {
  const when = child(node, 'when')
  const unless = child(node, 'unless')
  if (when !== undefined && unless !== undefined) {
    cx.report.error('logic', unless.span, "'when' and 'unless' may not both stand on one workflow", {
      chain: scope.chain,
      hint: "Keep one, and join both conditions in it by 'and'",
    })
    return undefined
  }
  if (when !== undefined && evaluateWorkflowCondition(cx, when, scope) === false) return 'when'
  if (unless !== undefined && evaluateWorkflowCondition(cx, unless, scope) === true) return 'unless'
  return undefined
}
