import type { Span } from '@rondo/model'
import { substitute } from '../template/substitute.ts'
import type { MapNode } from '../tree/node.ts'
import { child, isNull, mapNode, scalarNode, stringOf, typeName } from '../tree/node.ts'
import type { ElementDefinition, ResolveContext, Scope } from './context.ts'
import { within } from './context.ts'
import type { RawEntry } from './entry.ts'
import { entryFilters, expandEntry, readEntry } from './entry.ts'
import { entryKeys } from './entry-keys.ts'
import type { Invocation, RequirementReference } from './invocation.ts'
import { readRequires, terminalStatuses } from './requires.ts'
import { serialGroupKey } from './serial-group.ts'

const allowedOnInvocation = new Set(['requires', 'filters', 'name', 'serial-group'])

/**
 * Expands the invocation of a job group (semantics 21.5): a node in front of the group's roots, its jobs, a node after
 * its leaves; with `serial-group` a lock and an unlock around them. The names of the extra nodes are ours.
 */
export function expandGroup(
  cx: ResolveContext,
  group: ElementDefinition,
  raw: RawEntry,
  workflow: string,
  outer: Scope,
): readonly Invocation[] {
  checkInvocation(cx, raw, outer)
  const scope = within(outer, { kind: 'job-group', name: raw.job, span: raw.span })
  const nameEntry = raw.attributes.get('name')
  const given = nameEntry === undefined ? undefined : stringOf(substitute(cx, nameEntry.value, scope))
  const name = given ?? raw.job
  const jobs = groupJobs(cx, group, { workflow, group: name, prefix: given === undefined ? '' : `${given}/` }, scope)
  const lock = serialGroupKey(cx.report, attribute(cx, raw, 'serial-group', scope), scope.chain)
  const base = { workflow, group: name, span: raw.span, chain: scope.chain, scope, raw }
  return lock === undefined
    ? [startNode(cx, base, name, 'group-start', undefined), ...withEnds(jobs, base, name, 'group-start')]
    : [startNode(cx, base, name, 'lock', lock), ...withEnds(jobs, base, name, 'lock'), unlockNode(base, name, lock)]
}

interface Base {
  readonly workflow: string
  readonly group: string
  readonly span: Span
  readonly chain: Scope['chain']
  readonly scope: Scope
  readonly raw: RawEntry
}

function checkInvocation(cx: ResolveContext, raw: RawEntry, scope: Scope): void {
  const custom: string[] = []
  for (const { key, keySpan } of raw.attributes.values()) {
    if (allowedOnInvocation.has(key)) continue
    if (entryKeys.has(key)) {
      cx.report.error('job-group', keySpan, `Job group invocations do not support '${key}'`, { chain: scope.chain })
    } else custom.push(key)
  }
  if (custom.length === 0) return
  cx.report.error(
    'job-group',
    raw.span,
    `Job group invocations do not support custom parameters, but found: ${custom.join(', ')}`,
    { chain: scope.chain },
  )
}

function groupJobs(
  cx: ResolveContext,
  group: ElementDefinition,
  place: { workflow: string; group: string; prefix: string },
  scope: Scope,
): readonly Invocation[] {
  const jobs = child(group.node, 'jobs')
  if (group.node.kind === 'map') {
    for (const { key, keySpan } of group.node.entries.values()) {
      if (key !== 'jobs' && key !== 'description')
        cx.report.error('unknown-key', keySpan, `extraneous key [${key}] is not permitted in job group '${group.name}'`)
    }
  }
  if (jobs?.kind !== 'list' || jobs.items.length === 0) {
    const found =
      jobs === undefined || isNull(jobs) ? 'nothing' : jobs.kind === 'list' ? 'an empty list' : typeName(jobs)
    cx.report.error(
      'job-group',
      group.keySpan,
      `Job group '${group.name}' needs 'jobs', a list of at least one entry; found ${found}`,
      { hint: group.node.kind === 'list' ? "Write 'jobs:' above the list" : "Write each job with a dash: '- build'" },
    )
    return []
  }
  return jobs.items.flatMap((item) => {
    const entry = readEntry(cx, item, scope)
    if (entry === undefined) return []
    if (scope.space.groups.has(entry.job)) {
      // That one name means both has been told where it is defined.
      if (scope.space.elements.job.has(entry.job)) return []
      cx.report.error('job-group', entry.span, `Job groups do not nest: '${entry.job}' is a job group itself`, {
        chain: scope.chain,
      })
      return []
    }
    const serial = entry.attributes.get('serial-group')
    if (serial !== undefined) {
      const message = 'Use of `serial-group` on job invocations inside a job-group is not supported.'
      const hint = 'Please consider using `serial-group` on the job-group instead.'
      cx.report.error('job-group', serial.keySpan, message, { chain: scope.chain, hint })
    }
    return expandEntry(cx, entry, place, scope)
  })
}

function startNode(
  cx: ResolveContext,
  base: Base,
  name: string,
  kind: 'group-start' | 'lock',
  key: string | undefined,
): Invocation {
  return {
    ...extraNode(base, `${name}/${kind}`, kind === 'lock' ? 'lock' : 'no-op', key),
    // Its requirements are those of the invocation, so they are looked up among the workflow's entries.
    looksIn: undefined,
    requires: readRequires(cx.report, attribute(cx, base.raw, 'requires', base.scope), base.chain),
    ...entryFilters(cx, base.raw.attributes.get('filters')?.value, base.scope),
  }
}

/** Ties the group's roots to the start node and its leaves to the end node. */
function withEnds(jobs: readonly Invocation[], base: Base, name: string, start: string): readonly Invocation[] {
  const required = new Set(jobs.flatMap((job) => job.requires.map((item) => item.name)))
  const isLeaf = (job: Invocation) => !required.has(job.name) && (job.alias === undefined || !required.has(job.alias))
  const inner = jobs.map((job) =>
    job.requires.length > 0 ? job : { ...job, requires: [requirement(`${name}/${start}`, base.span)] },
  )
  const leaves = jobs.filter(isLeaf).map((job) => requirement(job.name, job.span))
  return [...inner, { ...extraNode(base, `${name}/group-end`, 'no-op', undefined), publicName: name, requires: leaves }]
}

function unlockNode(base: Base, name: string, key: string): Invocation {
  const requires = [{ name: `${name}/group-end`, statuses: terminalStatuses, span: base.span }]
  return { ...extraNode(base, `${name}/unlock`, 'unlock', key), requires }
}

function extraNode(base: Base, name: string, type: 'no-op' | 'lock' | 'unlock', key: string | undefined): Invocation {
  return {
    workflow: base.workflow,
    name,
    alias: undefined,
    group: base.group,
    looksIn: base.group,
    publicName: undefined,
    type,
    body: extraBody(type, key, base.span),
    steps: [],
    executorMissing: false,
    attributes: base.raw.attributes,
    requires: [],
    filters: undefined,
    context: undefined,
    serialGroup: undefined,
    key,
    decided: undefined,
    span: base.span,
    chain: base.chain,
  }
}

function extraBody(type: string, key: string | undefined, span: Span): MapNode {
  const entries = [{ key: 'type', keySpan: span, value: scalarNode(type, span) }]
  if (key !== undefined) entries.push({ key: 'key', keySpan: span, value: scalarNode(key, span) })
  return mapNode(entries, span)
}

function requirement(name: string, span: Span): RequirementReference {
  return { name, statuses: ['success'], span }
}

function attribute(cx: ResolveContext, raw: RawEntry, key: string, scope: Scope) {
  const entry = raw.attributes.get(key)
  return entry === undefined ? undefined : substitute(cx, entry.value, scope)
}
