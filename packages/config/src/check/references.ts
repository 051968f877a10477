import { didYouMean } from '../did-you-mean.ts'
import { builtinStepName } from '../plan/builtin-steps.ts'
import { readStep } from '../plan/steps/read-step.ts'
import type {
  Declarations,
  ElementDefinition,
  ParameterDeclaration,
  ResolveContext,
  Scope,
  Space,
} from '../resolve/context.ts'
import { scopeOf } from '../resolve/context.ts'
import type { Lookup } from '../resolve/lookup.ts'
import { findElement, reportMissing } from '../resolve/lookup.ts'
import { hasType, readDeclarations, reportArgumentType } from '../resolve/parameters.ts'
import { parseTemplate } from '../template/parse-template.ts'
import type { MapEntry, Node } from '../tree/node.ts'
import { child, isNull, scalarNode, stringOf, typeName } from '../tree/node.ts'
import { openValues } from './open-values.ts'

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
      for (const one of declared.values()) if (one?.default !== undefined) checkTemplateNames(cx, one.default, declared)
      const steps = child(element.node, 'steps')
      if (kind === 'job' && isNull(steps)) reportSteps(cx, steps!)
      checkSteps(cx, steps, scope)
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
    if (part.kind === 'text') continue
    checkPipelineParameter(cx, node, part.inner)
    const path = /^parameters\.([^\s]+)$/.exec(part.inner)?.[1]
    if (path === undefined || declared.has(path) || declared.has(path.split('.', 1)[0]!)) continue
    cx.report.error('undeclared-parameter', node.span, `Arguments referenced without declared parameters: ${path}`, {
      hint: didYouMean(path, declared.keys()),
    })
  }
}

/** Semantics 4.4: an orb sees none of the pipeline parameters of the configs it is used in. */
function checkPipelineParameter(cx: ResolveContext, node: Node, tag: string): void {
  const name = /\bpipeline\.parameters\.[\w.-]+/.exec(tag.replaceAll(/"[^"]*"/g, ''))?.[0]
  if (name === undefined) return
  cx.report.error('unknown-variable', node.span, `Referred to a variable "${name}" that does not exist`, {
    hint: 'Pipeline parameters are not visible inside orbs; declare a parameter here and let the config pass the value',
  })
}

function checkSteps(cx: ResolveContext, node: Node | undefined, scope: Scope): void {
  if (node === undefined) return
  if (node.kind === 'list') for (const item of node.items) checkStep(cx, item, scope)
  else if (node.kind === 'map') checkStep(cx, node, scope)
  else if (!node.templated && !isNull(node)) reportSteps(cx, node)
}

function reportSteps(cx: ResolveContext, steps: Node): void {
  const hint = stringOf(steps) === undefined ? undefined : `Write: steps: [${stringOf(steps)}]`
  cx.report.error('expected-type', steps.span, `'steps' must be a list, found ${typeName(steps)}`, { hint })
}

function checkStep(cx: ResolveContext, item: Node, scope: Scope): void {
  if (item.kind === 'list') {
    checkSteps(cx, item, scope)
    return
  }
  if (item.kind === 'scalar') {
    const name = stringOf(item)
    if (item.templated) return
    if (name === undefined)
      reportShape(cx, item, `A step must be a name or a map with one key, found ${typeName(item)}`)
    else checkCall(cx, { key: name, keySpan: item.span, value: scalarNode(null, item.span) }, { item, scope })
    return
  }
  const [entry] = item.entries.values()
  if (entry === undefined || item.entries.size > 1) {
    const { size } = item.entries
    reportShape(cx, item, `A step is a map with exactly one key; maximum size: [1], found: [${size}]`)
  } else checkMapStep(cx, entry, { item, scope })
}

function reportShape(cx: ResolveContext, item: Node, message: string): void {
  cx.report.error('step-shape', item.span, message)
}

interface StepPlace {
  /** The step as a whole. */
  readonly item: Node
  readonly scope: Scope
}

function checkMapStep(cx: ResolveContext, entry: MapEntry, place: StepPlace): void {
  const { scope } = place
  const isList = entry.key === 'steps' && findElement('command', 'steps', scope.space) === undefined
  if (isList) checkSteps(cx, entry.value, scope)
  else if (entry.key !== 'when' && entry.key !== 'unless') checkCall(cx, entry, place)
  else {
    for (const key of ['condition', 'steps']) {
      if (child(entry.value, key) !== undefined) continue
      cx.report.error('missing-key', entry.keySpan, `required key [${key}] not found in the '${entry.key}' step`)
    }
    checkSteps(cx, child(entry.value, 'steps'), scope)
  }
}

function checkCall(cx: ResolveContext, entry: MapEntry, { item, scope }: StepPlace): void {
  const found = findElement('command', entry.key, scope.space)
  if (found === 'silent') return
  if (found === undefined) {
    if (builtinStepName(entry.key) === undefined) reportMissing(cx, 'command', entry.key, entry.keySpan, scope)
    else readStep(cx.report, { node: openValues(item), chain: [] })
    return
  }
  checkArguments(cx, entry, found.definition, scope)
}

function checkArguments(cx: ResolveContext, entry: MapEntry, definition: ElementDefinition, scope: Scope): void {
  if (entry.value.kind !== 'map' && !isNull(entry.value)) {
    const message = `Arguments of '${entry.key}' must be a map, found ${typeName(entry.value)}`
    if (!entry.value.templated) cx.report.error('expected-type', entry.value.span, message)
    return
  }
  const declared = readDeclarations(cx, child(definition.node, 'parameters'), `command '${definition.name}'`)
  const given = entry.value.kind === 'map' ? entry.value.entries : new Map<string, MapEntry>()
  for (const argument of given.values()) {
    const declaration = declared.get(argument.key)
    if (declaration?.type === 'steps') checkSteps(cx, argument.value, scope)
    if (declaration !== undefined) checkArgumentType(cx, declaration, argument.value)
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

/** A value that a template decides may be of any type; one that is not there leaves the default. */
function checkArgumentType(cx: ResolveContext, declaration: ParameterDeclaration, value: Node): void {
  if (value.templated || isNull(value) || hasType(declaration, value)) return
  reportArgumentType(cx, declaration, value, value.span, undefined)
}

function checkExecutor(cx: ResolveContext, node: Node | undefined, scope: Scope): void {
  if (node === undefined || isNull(node)) return
  const nameNode = node.kind === 'map' ? child(node, 'name') : node
  const name = stringOf(nameNode)
  if (name === undefined || nameNode?.templated === true) return
  if (findElement('executor', name, scope.space) === undefined) reportMissing(cx, 'executor', name, node.span, scope)
}
