import type { ResolveContext, Scope } from '../resolve/context.ts'
import type { MapEntry, Node, ScalarNode } from '../tree/node.ts'
import { displayText, failedNode, isFailed, listNode, mapNode, scalarNode } from '../tree/node.ts'
import type { TemplatePart, TemplateResult } from './parse-template.ts'
import { parseTemplate, wholeTag } from './parse-template.ts'
import { placeOf, type WrittenAt, writtenPlace } from './place.ts'
import { straySection } from './sections.ts'
import { tagValue } from './variable.ts'

/**
 * Evaluates every `<< >>` of a subtree in one scope (semantics 5). Parts without templates are shared, not copied.
 * What cannot be evaluated is reported and left out of the text, or becomes null as a whole value.
 */
export function substitute(cx: ResolveContext, node: Node, scope: Scope): Node {
  if (!node.templated || !cx.budget.spend(1, node.span)) return node
  if (node.kind === 'scalar') return substituteScalar(cx, node, scope)
  if (node.kind === 'list')
    return listNode(
      node.items.map((item) => substitute(cx, item, scope)),
      node.span,
    )
  const entries: MapEntry[] = []
  for (const entry of node.entries.values()) {
    entries.push({
      ...entry,
      key: substituteKey(cx, entry, scope) ?? entry.key,
      value: substitute(cx, entry.value, scope),
    })
  }
  return mapNode(entries, node.span)
}

/** As `substitute`, but undefined when a scalar could not be evaluated, so that no second complaint follows. */
export function substituteOrFail(cx: ResolveContext, node: Node, scope: Scope): Node | undefined {
  if (node.kind !== 'scalar' || !node.templated) return substitute(cx, node, scope)
  const before = failures
  const result = substituteScalar(cx, node, scope)
  return failures > before ? undefined : result
}

// Counts evaluations that failed; only compared before and after within one synchronous call.
let failures = 0
const parsed = new WeakMap<ScalarNode, TemplateResult>()

function templateOf(node: ScalarNode): TemplateResult {
  const known = parsed.get(node)
  if (known !== undefined) return known
  const result = parseTemplate(String(node.value))
  parsed.set(node, result)
  return result
}

function substituteScalar(cx: ResolveContext, node: ScalarNode, scope: Scope): Node {
  const template = templateOf(node)
  if (!template.ok) {
    failures += 1
    reportUnclosed(cx, node, template.position)
    return failedNode(node.span)
  }
  const whole = wholeTag(template.parts)
  if (whole !== undefined) {
    const value = tagValue(cx, whole, writtenAt(node, 0), scope)
    if (value === undefined) failures += 1
    return value === undefined ? failedNode(node.span) : withPlace(value, node)
  }
  const before = failures
  const text = renderParts(cx, template.parts, node, scope)
  if (failures > before) return failedNode(node.span)
  if (text.length > cx.limits.outputCharacters) {
    failures += 1
    cx.report.error(
      'limit',
      node.span,
      `Templates make a text of more than ${cx.limits.outputCharacters} characters here`,
    )
    return failedNode(node.span)
  }
  cx.budget.spend(text.length >> 6, node.span)
  return scalarNode(text, node.span)
}

/** A substituted scalar stands where the template stood; maps and lists keep the place they were written at. */
function withPlace(value: Node, template: ScalarNode): Node {
  return value.kind === 'scalar' ? { ...value, span: template.span, templated: false } : value
}

function renderParts(cx: ResolveContext, parts: readonly TemplatePart[], node: ScalarNode, scope: Scope): string {
  let text = ''
  const hidden: boolean[] = []
  // How many of the open sections hide what is in them.
  let hiding = 0
  for (const part of parts) {
    const visible = hiding === 0
    if (part.kind === 'text') text += visible ? part.text : ''
    else if (part.kind === 'tag') text += visible ? tagText(cx, part, node, scope) : ''
    else if (part.kind === 'open') {
      const hides = visible && sectionIsHidden(cx, part, node, scope)
      hidden.push(hides)
      if (hides) hiding += 1
    } else if (hidden.pop() === true) hiding -= 1
  }
  return text
}

function tagText(
  cx: ResolveContext,
  { inner, start }: { inner: string; start: number },
  node: ScalarNode,
  scope: Scope,
): string {
  const value = tagValue(cx, inner, writtenAt(node, start), scope)
  if (value === undefined) failures += 1
  if (value === undefined) return ''
  if (value.kind === 'scalar') return displayText(value)
  cx.report.error(
    'argument-type',
    writtenPlace(cx, writtenAt(node, start)),
    `'<< ${inner} >>' is a ${value.kind} and cannot stand inside a text`,
    {
      chain: scope.chain,
    },
  )
  return ''
}

function sectionIsHidden(
  cx: ResolveContext,
  part: { inner: string; inverted: boolean; start: number },
  node: ScalarNode,
  scope: Scope,
): boolean {
  const value = tagValue(cx, part.inner, writtenAt(node, part.start), scope)
  if (value === undefined) failures += 1
  const truthy = value !== undefined && isTruthy(value)
  return truthy === part.inverted
}

const writtenAt = (node: ScalarNode, start: number): WrittenAt => ({
  span: node.span,
  text: String(node.value),
  start,
})

/** Truth outside of expressions (semantics 7): false, null, 0, NaN and the empty string are false. */
export function isTruthy(node: Node): boolean {
  return node.kind !== 'scalar' || Boolean(node.value)
}

/** The key of an entry, which may hold templates as its value may (semantics 5); undefined when it is wrong, and reported. */
export function substituteKey(cx: ResolveContext, entry: MapEntry, scope: Scope): string | undefined {
  if (!entry.key.includes('<<') || cx.version === 2) return entry.key
  const scalar: ScalarNode = { ...scalarNode(entry.key, entry.keySpan), templated: true }
  const node = substituteScalar(cx, scalar, scope)
  if (isFailed(node)) return undefined
  return node.kind === 'scalar' ? displayText(node) : entry.key
}

function reportUnclosed(cx: Pick<ResolveContext, 'report' | 'sources'>, node: ScalarNode, position: number): void {
  const text = String(node.value)
  const lineStart = text.lastIndexOf('\n', position) + 1
  const line = text.slice(lineStart, lineStart + 20_000).split('\n', 1)[0]!
  const shown = line.length > 200 ? `${line.slice(0, 200)}…` : line
  const at = writtenPlace(cx, writtenAt(node, position))
  const place = placeOf(cx, at, text.slice(position).split('\n', 1)[0]!)
  cx.report.error('unclosed-template', place ?? at, `Unclosed '<<' tag in string: '${shown}'`, {
    hint: /^<<\s*(?:pipeline|parameters|matrix)\.[\w.-]+\s*>?$/.test(line.slice(position - lineStart))
      ? "Write '>>' behind it"
      : "('<<' must be escaped as '\\<<' in config v2.1+)",
  })
}

function warnOfSections(
  cx: Pick<ResolveContext, 'report' | 'sources'>,
  node: ScalarNode,
  parts: readonly TemplatePart[],
): void {
  const stray = straySection(parts)
  if (stray === undefined) return
  cx.report.warn('template-section', writtenPlace(cx, writtenAt(node, stray.start)), stray.message, {
    hint: stray.hint,
  })
}

/** Reports every unclosed `<<` of a tree, used or not (semantics 3), and warns of sections that begin or end alone. */
export function checkTemplates(cx: Pick<ResolveContext, 'report' | 'sources'>, root: Node): void {
  const seen = new Set<Node>()
  const pending: Node[] = [root]
  while (pending.length > 0) {
    const node = pending.pop()!
    if (!node.templated || seen.has(node)) continue
    seen.add(node)
    if (node.kind === 'scalar') {
      const template = templateOf(node)
      if (template.ok) warnOfSections(cx, node, template.parts)
      else reportUnclosed(cx, node, template.position)
    } else if (node.kind === 'list') pending.push(...node.items)
    else if (node.kind === 'map') for (const entry of node.entries.values()) pending.push(entry.value)
  }
}
