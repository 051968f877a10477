import type { OrbResolution, Span } from '@rondo/model'
import type { ConfigDiagnosticCode } from '../diagnostic-code.ts'
import type { ElementDefinition, ElementKind, MissingOrb, ResolveContext, Space } from '../resolve/context.ts'
import { scopeOf } from '../resolve/context.ts'
import { substituteOrFail } from '../template/substitute.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { child, isNull, stringOf, typeName } from '../tree/node.ts'
import { parseTree } from '../tree/parse.ts'
import type { ResolvedOrb } from './orb-source.ts'
import { referenceCure } from './reference-cure.ts'

const sections: Readonly<Record<ElementKind, string>> = { command: 'commands', job: 'jobs', executor: 'executors' }
export const orbReference = /^[a-z][a-z0-9_-]*\/[a-z][a-z0-9_-]*@(?:dev:[^\s@]{1,1023}|\d+(?:\.\d+){0,2}|volatile)$/

/** Version 2 knows jobs only; people keep anchors under the other names there. */
const nothing: ReadonlyMap<string, never> = new Map<string, never>()

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
  const jobs = elements(cx, root, 'job')
  if (cx.version === 2) {
    return { ...name, elements: { command: nothing, job: jobs, executor: nothing }, groups: nothing, orbs: nothing }
  }
  return {
    ...name,
    elements: { command: elements(cx, root, 'command'), job: jobs, executor: elements(cx, root, 'executor') },
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
  const orbs = new Map<string, Space | MissingOrb>()
  if (node === undefined || isNull(node)) return orbs
  if (node.kind !== 'map') {
    cx.report.error('expected-type', node.span, `[#/orbs] expected type: Mapping, found: ${typeName(node)}`)
    return orbs
  }
  for (const entry of node.entries.values()) {
    const orb = loadOrb(cx, entry.key, entry.value, main, loading)
    // What the config itself names must exist; what an orb names may be missing while nothing of it is used, and so
    // may what an empty map stands for.
    if (main && 'reportMissing' in orb && entry.value.kind !== 'map') orb.reportMissing()
    orbs.set(entry.key, orb)
  }
  return orbs
}

const silent: MissingOrb = { reportMissing: () => undefined }

function loadOrb(cx: ResolveContext, name: string, node: Node, main: boolean, loading: Loading): Space | MissingOrb {
  if (loading.depth >= cx.limits.orbDepth) {
    return missing(cx, 'limit', node.span, `Orbs import orbs more than ${cx.limits.orbDepth} deep`)
  }
  if (node.kind === 'map') {
    refuseConfigKeys(cx, name, node)
    if (isPlaceholder(node)) return placeholder(cx, name, node.span)
    return buildSpace(cx, node, { label: `orb '${name}'`, main: false }, { ...loading, depth: loading.depth + 1 })
  }
  const value = main ? substituteReference(cx, node) : node
  if (value === undefined) return silent
  const reference = stringOf(value)
  if (reference !== undefined) return loadReference(cx, reference, node.span, main, loading)
  const found = typeName(node)
  const message = `Orb '${name}' must be a reference such as 'ns/name@1.2', or a map; found ${found}`
  return missing(cx, 'orb-reference', node.span, message, referenceCure(''))
}

/** What only a config may have (semantics 9.2), with what to do about it. Other keys that mean nothing pass, as holders of anchors do. */
const configKeys: Readonly<Record<string, string>> = {
  workflows: "Workflows stand at the top of the config; its jobs are named 'ORB/JOB' there",
  parameters:
    'Pipeline parameters stand at the top of the config; in an orb, each command, job and executor declares its own',
}

function refuseConfigKeys(cx: ResolveContext, name: string, orb: MapNode): void {
  for (const [key, hint] of Object.entries(configKeys)) {
    const entry = orb.entries.get(key)
    if (entry === undefined) continue
    cx.report.error('unknown-key', entry.keySpan, `extraneous key [${key}] is not permitted in orb '${name}'`, {
      hint: hint.replace('ORB', name),
    })
  }
}

/** Orb projects write `my-orb: {}` where a job puts the orb's source before the config is used. */
function isPlaceholder(node: MapNode): boolean {
  return [...Object.values(sections), 'orbs'].every((key) => child(node, key) === undefined)
}

function placeholder(cx: ResolveContext, name: string, span: Span): MissingOrb {
  const message = `Orb '${name}' is empty here: it has no commands, jobs or executors`
  const hint = `An empty orb is a placeholder. Write the orb's source below '${name}', or a reference such as 'ns/name@1.2'`
  return missing(cx, 'orb-not-found', span, message, hint)
}

function missing(
  cx: ResolveContext,
  code: ConfigDiagnosticCode,
  span: Span,
  message: string,
  hint?: string,
): MissingOrb {
  return { reportMissing: () => cx.report.error(code, span, message, { hint }) }
}

/** In the `orbs` stanza pipeline values and parameters are visible, and nothing else exists yet (semantics 3.4). */
function substituteReference(cx: ResolveContext, node: Node): Node | undefined {
  const none = new Map()
  const elements = { command: none, job: none, executor: none }
  return substituteOrFail(cx, node, scopeOf({ label: '', main: true, elements, groups: none, orbs: none }))
}

function loadReference(
  cx: ResolveContext,
  reference: string,
  span: Span,
  main: boolean,
  loading: Loading,
): Space | MissingOrb {
  if (!orbReference.test(reference) && !reference.startsWith('https://')) {
    const message = `'${reference}' is not an orb reference`
    return missing(cx, 'orb-reference', span, message, referenceCure(reference))
  }
  const orb = cx.orbSource?.resolve(reference, loading.path.at(-1))
  if (orb === undefined) {
    const { reason, cure } = cx.orbSource?.whyNot?.(reference) ?? { reason: notFound(reference) }
    return missing(cx, 'orb-not-found', span, reason, cure)
  }
  if (main) warnUnpinned(cx, reference, orb.resolved, span)
  const same = (known: OrbResolution) => known.reference === reference && known.resolved === orb.resolved
  if (!cx.orbs.some((known) => same(known) && (known.direct || !main))) {
    cx.orbs.push({ reference, resolved: orb.resolved, digest: orb.digest, direct: main, span })
  }
  return cx.orbSpaces.get(orb.resolved) ?? loadSource(cx, orb, span, loading)
}

function isVersion21(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && String(node.value) === '2.1'
}

function notFound(reference: string): string {
  if (reference.startsWith('https://')) return `The orb at ${reference} cannot be read here`
  return `Cannot find ${reference} in the orb registry. Check that the namespace, orb name and version are correct.`
}

/** A new version of an orb must not reach a pipeline unasked; a range of a major version is a choice people make. */
function warnUnpinned(cx: ResolveContext, reference: string, resolved: string, span: Span): void {
  if (!/@(?:volatile$|dev:)/.test(reference)) return
  const message = reference.includes('@dev:')
    ? `'${reference}' is a development version, which may be published anew with other content, and expires`
    : `'${reference}' may be another orb tomorrow; today it is ${resolved}`
  const hint = 'Name a version: 1.2.3, or 1.2 or 1 to take its newest'
  cx.report.warn('unpinned-orb', span, message, { hint })
}

function loadSource(cx: ResolveContext, orb: ResolvedOrb, span: Span, loading: Loading): Space | MissingOrb {
  if (loading.path.includes(orb.resolved)) {
    const path = [...loading.path, orb.resolved].join(' -> ')
    return missing(cx, 'recursion', span, `Orb ${orb.resolved} imports itself: ${path}`)
  }
  const isUrl = orb.resolved.startsWith('https://')
  if (isUrl && [...cx.orbSpaces.keys()].filter((name) => name.startsWith('https://')).length >= cx.limits.urlOrbs) {
    return missing(cx, 'limit', span, `The config imports more than ${cx.limits.urlOrbs} orbs by their addresses`)
  }
  if (cx.orbSpaces.size >= cx.limits.orbs) {
    return missing(cx, 'limit', span, `The config imports more than ${cx.limits.orbs} orbs`)
  }
  const tree = parseTree(orb.source, orb.resolved, cx.limits, cx.report)
  if (tree === undefined) return silent
  cx.sources.set(orb.resolved, orb.source)
  if (isUrl && !isVersion21(child(tree, 'version')))
    return missing(cx, 'orb-source', span, `The orb at ${orb.resolved} needs 'version: 2.1'`)
  const foreign = Object.keys(configKeys).find((key) => tree.entries.has(key))
  if (foreign !== undefined) {
    const message = `Orb ${orb.resolved} holds '${foreign}', which only a config may have`
    return missing(cx, 'orb-source', span, message, 'Import a version of the orb without it')
  }
  const path = [...loading.path, orb.resolved]
  const space = buildSpace(cx, tree, { label: orb.resolved, main: false }, { depth: loading.depth + 1, path })
  cx.orbSpaces.set(orb.resolved, space)
  return space
}
