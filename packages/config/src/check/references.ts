import { didYouMean } from '../did-you-mean.ts'
import { builtinStepName } from '../plan/builtin-steps.ts'
import type { Declarations, ElementDefinition, ResolveContext, Scope, Space } from '../resolve/context.ts'
import { scopeOf } from '../resolve/context.ts'
import type { Lookup } from '../resolve/lookup.ts'
import { findElement, reportMissing } from '../resolve/lookup.ts'
import { readDeclarations } from '../resolve/parameters.ts'
import { parseTemplate } from '../template/parse-template.ts'
import type { MapEntry, Node } from '../tree/node.ts'
import { child, isNull, stringOf } from '../tree/node.ts'

/**
 * Checks the elements of an orb without running them: parameters that are referenced are declared, commands and
 * executors that are named exist, and arguments fit the declarations. What a template decides is left open.
 */
export function checkReferences(cx: ResolveContext, space: Space): void {
  const scope = scopeOf(space)
  for (const kind of ['command', 'job', 'executor'] as const) {
    for (const element of space.elements[kind].values()) {
      if (stringOf(element.node) !== undefined) {
        checkAlias(cx, element, findElement(kind, element.name, space))
        continue
      }
      const declared = readDeclarations(cx, child(element.node, 'parameters'), `${kind} '${element.name}'`)
      checkTemplateNames(cx, element.node, declared)
      checkSteps(cx, child(element.node, 'steps'), scope)
      if (kind === 'job') checkExecutor(cx, child(element.node, 'executor'), scope)
    }
  }
}

function checkAlias(cx: ResolveContext, element: ElementDefinition, found: Lookup): void {
  if (found !== undefined) return
  const message = `'${element.name}' stands for '${stringOf(element.node)}', which does not exist`
  cx.report.error('unknown-orb', element.node.span, message)
}

function checkTemplateNames(cx: ResolveContext, node: Node, declared: Declarations): void {
  if (!node.templated) return
  if (node.kind === 'list') for (const item of node.items) checkTemplateNames(cx, item, declared)
  if (node.kind === 'map') {
    // Descriptions are never evaluated, and like to quote templates.
    const evaluated = [...node.entries.values()].filter(({ key }) => key !== 'description' && key !== 'parameters')
    for (const entry of evaluated) checkTemplateNames(cx, entry.value, declared)
  }
  if (node.kind !== 'scalar') return
  const template = parseTemplate(String(node.value))
  for (const part of template.ok ? template.parts : []) {
    const path = part.kind === 'text' ? undefined : /^parameters\.([^\s]+)$/.exec(part.inner)?.[1]
    if (path === undefined || declared.has(path) || declared.has(path.split('.', 1)[0]!)) continue
    cx.report.error('undeclared-parameter', node.span, `Arguments referenced without declared parameters: ${path}`, {
      hint: didYouMean(path, declared.keys()),
    })
  }
}

function checkSteps(cx: ResolveContext, node: Node | undefined, scope: Scope): void {
  if (node === undefined) return
  const items = node.kind === 'list' ? node.items : node.kind === 'map' ? [node] : []
  for (const item of items) {
    const name = stringOf(item)
    const entry = item.kind === 'map' && item.entries.size === 1 ? [...item.entries.values()][0] : undefined
    if (name !== undefined && !item.templated) checkCall(cx, { key: name, keySpan: item.span, value: item }, scope)
    else if (entry !== undefined) checkMapStep(cx, entry, scope)
    else if (item.kind === 'map') {
      cx.report.error(
        'step-shape',
        item.span,
        `A step is a map with exactly one key; maximum size: [1], found: [${item.entries.size}]`,
      )
    }
  }
}

function checkMapStep(cx: ResolveContext, entry: MapEntry, scope: Scope): void {
  if (entry.key === 'steps') checkSteps(cx, entry.value, scope)
  else if (entry.key !== 'when' && entry.key !== 'unless') checkCall(cx, entry, scope)
  else {
    for (const key of ['condition', 'steps']) {
      if (child(entry.value, key) !== undefined) continue
      cx.report.error('missing-key', entry.keySpan, `required key [${key}] not found in the '${entry.key}' step`)
    }
    checkSteps(cx, child(entry.value, 'steps'), scope)
  }
}

function checkCall(cx: ResolveContext, entry: MapEntry, scope: Scope): void {
  const found = findElement('command', entry.key, scope.space)
  if (found === 'silent') return
  if (found === undefined) {
    if (builtinStepName(entry.key) === undefined) reportMissing(cx, 'command', entry.key, entry.keySpan, scope)
    return
  }
  const { definition } = found
  const declared = readDeclarations(cx, child(definition.node, 'parameters'), `command '${definition.name}'`)
  const given = entry.value.kind === 'map' ? entry.value.entries : new Map<string, MapEntry>()
  for (const argument of given.values()) {
    const declaration = declared.get(argument.key)
    if (declaration?.type === 'steps') checkSteps(cx, argument.value, scope)
    if (declared.has(argument.key)) continue
    cx.report.error('unexpected-argument', argument.keySpan, `Unexpected argument(s): ${argument.key}`, {
      hint: didYouMean(argument.key, declared.keys()) ?? `Command '${entry.key}' declares no parameter of that name`,
    })
  }
  const missing = [...declared.values()].filter(
    (one) => one !== undefined && one.default === undefined && !given.has(one.name),
  )
  if (missing.length === 0) return
  const names = missing.map((one) => one?.name).join(', ')
  cx.report.error('missing-argument', entry.keySpan, `Missing required argument(s): ${names}`)
}

function checkExecutor(cx: ResolveContext, node: Node | undefined, scope: Scope): void {
  if (node === undefined || isNull(node)) return
  const nameNode = node.kind === 'map' ? child(node, 'name') : node
  const name = stringOf(nameNode)
  if (name === undefined || nameNode?.templated === true) return
  if (findElement('executor', name, scope.space) === undefined) reportMissing(cx, 'executor', name, node.span, scope)
}
