import type { Span } from '@rondo/model'
import type { ElementDefinition, ElementKind, ResolveContext, Space } from '../resolve/context.ts'
import { scopeOf } from '../resolve/context.ts'
import { substituteOrFail } from '../template/substitute.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { child, isNull, stringOf, typeName } from '../tree/node.ts'
import { parseTree } from '../tree/parse.ts'

const sections: Readonly<Record<ElementKind, string>> = { command: 'commands', job: 'jobs', executor: 'executors' }
export const orbReference =
  /^[a-z][a-z0-9_-]*\/[a-z][a-z0-9_-]*@(?:dev:[.A-Za-z0-9_/-]{1,1023}|\d+(?:\.\d+){0,2}|volatile)$/

interface Loading {
  readonly depth: number
  /** References being loaded, outermost first: an orb among its own imports is a cycle. */
  readonly path: readonly string[]
}

/** Builds the space of the config, loading every orb of its `orbs` stanza (semantics 9). */
export function loadMainSpace(cx: ResolveContext, root: MapNode): Space {
  return buildSpace(cx, root, { label: '', main: true }, { depth: 0, path: [] })
}

/** Builds the space of a registry orb's own source, for checking it alone. */
export function loadOrbSpace(cx: ResolveContext, root: MapNode, label: string): Space {
  return buildSpace(cx, root, { label, main: false }, { depth: 1, path: [label] })
}

function buildSpace(
  cx: ResolveContext,
  root: MapNode,
  name: { label: string; main: boolean },
  loading: Loading,
): Space {
  return {
    ...name,
    elements: {
      command: elements(cx, root, 'command'),
      job: elements(cx, root, 'job'),
      executor: elements(cx, root, 'executor'),
    },
    groups: section(cx, root, 'job-groups'),
    orbs: loadOrbs(cx, child(root, 'orbs'), name.main, loading),
  }
}

function elements(cx: ResolveContext, root: MapNode, kind: ElementKind): ReadonlyMap<string, ElementDefinition> {
  return section(cx, root, sections[kind])
}

function section(cx: ResolveContext, root: MapNode, key: string): ReadonlyMap<string, ElementDefinition> {
  const node = child(root, key)
  const found = new Map<string, ElementDefinition>()
  if (node === undefined || isNull(node)) return found
  if (node.kind !== 'map') {
    cx.report.error('expected-type', node.span, `[#/${key}] expected type: Mapping, found: ${typeName(node)}`)
    return found
  }
  for (const entry of node.entries.values())
    found.set(entry.key, { name: entry.key, node: entry.value, keySpan: entry.keySpan })
  return found
}

function loadOrbs(cx: ResolveContext, node: Node | undefined, main: boolean, loading: Loading): Space['orbs'] {
  const orbs = new Map<string, Space | undefined>()
  if (node === undefined || isNull(node)) return orbs
  if (node.kind !== 'map') {
    cx.report.error('expected-type', node.span, `[#/orbs] expected type: Mapping, found: ${typeName(node)}`)
    return orbs
  }
  for (const entry of node.entries.values()) orbs.set(entry.key, loadOrb(cx, entry.key, entry.value, main, loading))
  return orbs
}

function loadOrb(cx: ResolveContext, name: string, node: Node, main: boolean, loading: Loading): Space | undefined {
  if (loading.depth >= cx.limits.orbDepth) {
    cx.report.error('limit', node.span, `Orbs import orbs more than ${cx.limits.orbDepth} deep`)
    return undefined
  }
  if (node.kind === 'map')
    return buildSpace(cx, node, { label: `orb '${name}'`, main: false }, { ...loading, depth: loading.depth + 1 })
  const value = main ? substituteReference(cx, node) : node
  if (value === undefined) return undefined
  const reference = stringOf(value)
  if (reference === undefined) {
    cx.report.error(
      'orb-reference',
      node.span,
      `Orb '${name}' must be a reference such as 'ns/name@1.2', or a map; found ${typeName(node)}`,
    )
    return undefined
  }
  return loadReference(cx, reference, node.span, main, loading)
}

/** In the `orbs` stanza pipeline values and parameters are visible, and nothing else exists yet (semantics 3.4). */
function substituteReference(cx: ResolveContext, node: Node): Node | undefined {
  const empty: Space = {
    label: '',
    main: true,
    elements: { command: new Map(), job: new Map(), executor: new Map() },
    groups: new Map(),
    orbs: new Map(),
  }
  return substituteOrFail(cx, node, scopeOf(empty))
}

function loadReference(
  cx: ResolveContext,
  reference: string,
  span: Span,
  main: boolean,
  loading: Loading,
): Space | undefined {
  if (!orbReference.test(reference) && !reference.startsWith('https://')) {
    cx.report.error('orb-reference', span, `'${reference}' is not an orb reference`, {
      hint: "Write 'namespace/name@version'; a version is 1, 1.2, 1.2.3, volatile or dev:label",
    })
    return undefined
  }
  const orb = cx.orbSource?.resolve(reference)
  if (orb === undefined) {
    cx.report.error(
      'orb-not-found',
      span,
      `Cannot find ${reference} in the orb registry. Check that the namespace, orb name and version are correct.`,
    )
    return undefined
  }
  if (main) cx.orbs.push({ reference, resolved: orb.resolved, digest: orb.digest })
  if (loading.path.includes(orb.resolved)) {
    cx.report.error(
      'recursion',
      span,
      `Orb ${orb.resolved} imports itself: ${[...loading.path, orb.resolved].join(' -> ')}`,
    )
    return undefined
  }
  const tree = parseTree(orb.source, orb.resolved, cx.limits, cx.report)
  if (tree === undefined) return undefined
  return buildSpace(
    cx,
    tree,
    { label: orb.resolved, main: false },
    { depth: loading.depth + 1, path: [...loading.path, orb.resolved] },
  )
}
