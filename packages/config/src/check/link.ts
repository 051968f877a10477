import type { RequiredStatus } from '@rondo/model'
import { didYouMean, nearest } from '../did-you-mean.ts'
import type { Report } from '../report.ts'
import type { Invocation, RequirementReference, ResolvedWorkflow } from '../resolve/invocation.ts'
import type { FinalNames } from '../resolve/names.ts'
import { nodesOnCycles } from './cycle.ts'

/** An invocation with its final name and its requirements tied to other nodes. */
export interface LinkedNode {
  readonly invocation: Invocation
  readonly name: string
  /** Its name in compiled output. */
  readonly compiled: string
  readonly requires: readonly LinkedRequirement[]
}

export interface LinkedRequirement {
  readonly node: string
  readonly statuses: readonly RequiredStatus[]
  /** Where it is written. */
  readonly reference: RequirementReference
}

export interface LinkedWorkflow {
  readonly workflow: ResolvedWorkflow
  readonly nodes: readonly LinkedNode[]
}

/** Ties `requires` to nodes (semantics 18.5), drops what expression filters exclude, and looks for cycles. */
export function linkWorkflow(
  report: Report,
  workflow: ResolvedWorkflow,
  { nodes: names, compiled }: FinalNames,
  defined: DefinedJobs = new Map(),
): LinkedWorkflow {
  const index = { ...indexNames(workflow.invocations), defined }
  const targets = new Map(
    workflow.invocations.map((invocation) => [invocation, linkAll(report, workflow, invocation, index)]),
  )
  const left = filteredOut(workflow.invocations, targets)
  const nodes = workflow.invocations
    .filter((invocation) => !left.has(invocation))
    .map((invocation) => ({
      invocation,
      name: names.get(invocation)!,
      compiled: compiled.get(invocation)!,
      requires: targets
        .get(invocation)!
        .filter(({ target }) => !left.has(target))
        .map(({ target, statuses, reference }) => ({ node: names.get(target)!, statuses, reference })),
    }))
  checkCycles(report, workflow, nodes)
  checkApprovals(report, workflow, index)
  return { workflow, nodes }
}

/** An approval has no job behind it to tell it from another entry of its name (semantics 18.6). */
function checkApprovals(report: Report, workflow: ResolvedWorkflow, index: NameIndex): void {
  for (const { type, name, group, span, chain } of workflow.invocations) {
    if (type !== 'approval') continue
    const others = index.at.get(indexKey(group, name))!.named
    if (others.length < 2) continue
    const message = `The approval '${name}' carries the name of another entry of workflow '${workflow.name}'`
    report.error('duplicate-name', span, message, { chain, hint: 'Give the approval another name' })
  }
}

interface Link {
  readonly target: Invocation
  readonly statuses: readonly RequiredStatus[]
  readonly reference: RequirementReference
}

/** The jobs of the config by their names. */
export type DefinedJobs = ReadonlyMap<string, unknown>

interface NameIndex {
  readonly defined: DefinedJobs
  readonly at: ReadonlyMap<string, { readonly named: Invocation[]; readonly aliased: Invocation[] }>
  /** Entries whose job does not exist; seldom any, so they are not looked for again for each requirement. */
  readonly unresolved: readonly Invocation[]
}

function indexNames(invocations: readonly Invocation[]): Omit<NameIndex, 'defined'> {
  const index = new Map<string, { named: Invocation[]; aliased: Invocation[] }>()
  const at = (group: string | undefined, name: string) => {
    const key = indexKey(group, name)
    const found = index.get(key) ?? { named: [], aliased: [] }
    index.set(key, found)
    return found
  }
  for (const invocation of invocations) {
    at(invocation.group, invocation.name).named.push(invocation)
    if (invocation.alias !== undefined) at(invocation.group, invocation.alias).aliased.push(invocation)
    if (invocation.publicName !== undefined) at(undefined, invocation.publicName).named.push(invocation)
  }
  return { at: index, unresolved: invocations.filter((invocation) => invocation.unresolved === true) }
}

function indexKey(group: string | undefined, name: string): string {
  return `${group === undefined ? '' : `g${group}`}\n${name}`
}

function linkAll(
  report: Report,
  workflow: ResolvedWorkflow,
  invocation: Invocation,
  index: NameIndex,
): readonly Link[] {
  const links = new Map<Invocation, Link>()
  for (const reference of invocation.requires) {
    for (const target of targetsOf(report, workflow, invocation, reference, index)) {
      const { statuses } = reference
      const known = links.get(target)
      if (known === undefined) links.set(target, { target, statuses, reference })
      else links.set(target, { ...known, statuses: bothStatuses(report, invocation, known, reference) })
    }
  }
  return [...links.values()]
}

/** An entry required twice, by its name and by an alias perhaps, must fulfil both requirements. */
function bothStatuses(
  report: Report,
  invocation: Invocation,
  { target, statuses }: Link,
  reference: RequirementReference,
): readonly RequiredStatus[] {
  const both = statuses.filter((status) => reference.statuses.includes(status))
  if (both.length === 0 && statuses.length > 0) {
    const message = `'${invocation.name}' requires '${target.name}' twice, with statuses that exclude each other: it never runs`
    const hint = 'Name all statuses that will do in one place'
    report.warn('requires', reference.span, message, { chain: invocation.chain, hint })
  }
  return both
}

function targetsOf(
  report: Report,
  workflow: ResolvedWorkflow,
  invocation: Invocation,
  reference: RequirementReference,
  index: NameIndex,
): readonly Invocation[] {
  const found = index.at.get(indexKey(invocation.looksIn, reference.name))
  const named = found?.named.filter((other) => other !== invocation) ?? []
  const aliased = found?.aliased.filter((other) => other !== invocation) ?? []
  if (named.length === 1) {
    if (named[0]!.publicName !== undefined) warnOfGroupStatus(report, invocation, reference)
    return [named[0]!]
  }
  // Rows of one matrix that carry the same explicit name are meant together, through the alias.
  if (aliased.length > 0) return aliased
  // An entry whose job does not exist is refused already, and may be what is meant.
  const meant = (other: Invocation) => nearest(reference.name, [other.name]) !== undefined
  if (named.length === 0 && index.unresolved.some(meant)) return []
  const itself = found?.named.includes(invocation) === true
  const message =
    itself && named.length === 0
      ? `Job '${invocation.name}' requires itself`
      : `Job '${invocation.name}' requires '${reference.name}', which is the name of ${named.length} other jobs in workflow '${workflow.name}'`
  report.error(itself && named.length === 0 ? 'cycle' : 'requires', reference.span, message, {
    chain: invocation.chain,
    hint: () => {
      if (named.length > 1) return "Give each of them a 'name' of its own"
      return itself ? "Remove it from 'requires'" : requiresHint(workflow, invocation, reference, index.defined)
    },
  })
  return []
}

/** A job group ends as `success` or `not_run`, whatever its jobs do (semantics 21.5). */
function warnOfGroupStatus(
  report: Report,
  invocation: Invocation,
  { name, statuses, span }: RequirementReference,
): void {
  if (statuses.includes('success') || statuses.includes('not_run')) return
  const message = `'${name}' is a job group, which ends as success or not_run: '${invocation.name}' never runs`
  report.warn('requires', span, message, {
    chain: invocation.chain,
    hint: "Write 'not_run' to wait for a group that failed",
  })
}

function requiresHint(
  workflow: ResolvedWorkflow,
  invocation: Invocation,
  { name }: RequirementReference,
  defined: DefinedJobs,
): string | undefined {
  const elsewhere = workflow.invocations.find((other) => other.group !== invocation.looksIn && other.name === name)
  if (elsewhere?.group !== undefined)
    return `'${name}' belongs to job group '${elsewhere.group}'; require the group instead`
  const visible = workflow.invocations.filter((other) => other.group === invocation.looksIn && other !== invocation)
  const called = new Set(visible.filter(({ job }) => job === name).map((other) => other.alias ?? other.name))
  if (called.size > 0) return `Here it is called ${listed(called)}: require that name`
  if (defined.has(name)) return `Workflow '${workflow.name}' does not run it: add '- ${name}' to its jobs`
  const names = new Set(visible.flatMap((other) => [other.name, other.alias ?? other.name]))
  const meant = didYouMean(name, names)
  if (meant !== undefined) return meant
  if (names.size === 0) return `Workflow '${workflow.name}' runs no other job: remove 'requires'`
  return `It may require ${listed(names)}`
}

function listed(names: ReadonlySet<string>): string {
  const shown = [...names].slice(0, 10).map((name) => `'${name}'`)
  return `${shown.join(', ')}${names.size > 10 ? ', …' : ''}`
}

/** Entries whose expression filter is false, and those that required only such entries (semantics 16). */
function filteredOut(
  invocations: readonly Invocation[],
  targets: ReadonlyMap<Invocation, readonly Link[]>,
): ReadonlySet<Invocation> {
  const left = new Set(invocations.filter((invocation) => invocation.decided === false))
  for (let changed = left.size > 0; changed; ) {
    changed = false
    for (const invocation of invocations) {
      const links = targets.get(invocation)!
      if (left.has(invocation) || links.length === 0 || !links.every(({ target }) => left.has(target))) continue
      left.add(invocation)
      changed = true
    }
  }
  return left
}

function checkCycles(report: Report, workflow: ResolvedWorkflow, nodes: readonly LinkedNode[]): void {
  const onCycle = new Set(
    nodesOnCycles(new Map(nodes.map((node) => [node.name, node.requires.map((item) => item.node)]))),
  )
  for (const node of nodes) {
    if (!onCycle.has(node.name)) continue
    report.error(
      'cycle',
      node.invocation.span,
      `The job \`${node.invocation.name}\` is part of a cycle in workflow '${workflow.name}'`,
      {
        chain: node.invocation.chain,
        hint: 'At least one job in the workflow must have no dependencies, and none may require itself through others',
      },
    )
  }
}
