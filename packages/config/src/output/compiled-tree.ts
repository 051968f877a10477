import type { RequiredStatus, Span } from '@rondo/model'
import type { LinkedNode, LinkedWorkflow } from '../check/link.ts'
import type { MapEntry, MapNode, Node } from '../tree/node.ts'
import { child, listNode, mapNode, scalarNode } from '../tree/node.ts'
import { unescapeTree } from '../tree/unescape.ts'
import { orderJobs } from './job-order.ts'

/** The compiled config as a tree: `version`, `jobs`, `workflows` (semantics 23). */
export function compiledTree(root: MapNode, linked: readonly LinkedWorkflow[]): MapNode {
  const span = root.span
  return mapNode(
    [
      entry('version', scalarNode(2, span), span),
      entry('jobs', jobsTree(linked, span), span),
      entry('workflows', workflowsTree(root, linked, span), span),
    ],
    span,
  )
}

/** Version 2 is the compiled form itself: what has a meaning is passed through as it stands. */
export function passedThroughTree(root: MapNode): MapNode {
  const kept = ['jobs', 'workflows'].flatMap((key) => root.entries.get(key) ?? [])
  return mapNode([entry('version', scalarNode(2, root.span), root.span), ...kept], root.span)
}

function jobsTree(linked: readonly LinkedWorkflow[], span: Span): MapNode {
  const bodies = new Map<string, MapEntry>()
  for (const { nodes } of linked) {
    for (const { compiled, invocation } of nodes) {
      if (invocation.body !== undefined && !bodies.has(compiled))
        bodies.set(compiled, entry(compiled, invocation.body, invocation.span))
    }
  }
  return mapNode(
    orderJobs([...bodies.keys()]).map((name) => bodies.get(name)!),
    span,
  )
}

function workflowsTree(root: MapNode, linked: readonly LinkedWorkflow[], span: Span): MapNode {
  const source = child(root, 'workflows')
  const version = entry('version', scalarNode(2, span), span)
  const byName = new Map(linked.map((item) => [item.workflow.name, item]))
  const entries: MapEntry[] = []
  for (const key of source?.kind === 'map' ? source.entries.keys() : []) {
    const found = byName.get(key)
    if (key === 'version') entries.push(version)
    else if (found !== undefined) entries.push(entry(key, workflowTree(found), found.workflow.span))
    byName.delete(key)
  }
  for (const [name, item] of byName) entries.push(entry(name, workflowTree(item), span))
  if (!entries.includes(version)) entries.push(version)
  return mapNode(entries, span)
}

function workflowTree({ workflow, nodes }: LinkedWorkflow): MapNode {
  const { span } = workflow
  const names = new Map(nodes.map(({ name, compiled }) => [name, compiled]))
  const entries = [
    entry(
      'jobs',
      listNode(
        nodes.map((node) => entryTree(node, names)),
        span,
      ),
      span,
    ),
  ]
  if (workflow.triggers !== undefined) entries.push(entry('triggers', unescapeTree(workflow.triggers), span))
  if (workflow.maxAutoReruns !== undefined) entries.push(entry('max_auto_reruns', workflow.maxAutoReruns, span))
  return mapNode(entries, span)
}

function entryTree(node: LinkedNode, names: ReadonlyMap<string, string>): Node {
  const { invocation, compiled: name } = node
  const { span } = invocation
  const required = requirements(node, names)
  const attributes: MapEntry[] = []
  const add = (key: string, value: Node | undefined) => value !== undefined && attributes.push(entry(key, value, span))
  add('filters', invocation.filters)
  add(
    'type',
    invocation.type === 'approval' && invocation.body === undefined ? scalarNode('approval', span) : undefined,
  )
  add(
    'requires',
    required.length === 0
      ? undefined
      : listNode(
          required.map((requirement) => scalarNode(requirement.name, span)),
          span,
        ),
  )
  add('upstream', upstreamTree(required, span))
  add('context', invocation.context)
  add('serial-group', invocation.serialGroup === undefined ? undefined : scalarNode(invocation.serialGroup, span))
  return attributes.length === 0
    ? scalarNode(name, span)
    : mapNode([entry(name, mapNode(attributes, span), span)], span)
}

interface Requirement {
  readonly name: string
  readonly statuses: readonly RequiredStatus[]
}

/** What a node requires, under compiled names; equal jobs of one name are one requirement. */
function requirements(node: LinkedNode, names: ReadonlyMap<string, string>): readonly Requirement[] {
  const first = new Map<string, string>()
  return node.requires.flatMap((item) => {
    const name = names.get(item.node) ?? item.node
    if (first.has(name) && first.get(name) !== item.node) return []
    first.set(name, item.node)
    return [{ name, statuses: item.statuses }]
  })
}

/** Statuses of the requirements; left out, as older compilers do, when all of them are plain successes. */
function upstreamTree(required: readonly Requirement[], span: Span): Node | undefined {
  const plain = required.every(({ statuses }) => statuses.length === 1 && statuses[0] === 'success')
  if (plain) return undefined
  const list = (statuses: readonly RequiredStatus[]) =>
    listNode(
      statuses.map((status) => scalarNode(status, span)),
      span,
    )
  return mapNode(
    required.map(({ name, statuses }) => entry(name, list(statuses), span)),
    span,
  )
}

function entry(key: string, value: Node, span: Span): MapEntry {
  return { key, keySpan: span, value }
}
