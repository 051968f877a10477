import type { OriginFrame, Span } from '@rondo/model'
import { slipFor } from '../did-you-mean.ts'
import { evaluateLogic } from '../logic/logic.ts'
import { builtinStepName } from '../plan/builtin-steps.ts'
import { readFields } from '../plan/fields.ts'
import { substitute, substituteKey, substituteOrFail } from '../template/substitute.ts'
import type { MapEntry, MapNode, Node } from '../tree/node.ts'
import { child, isFailed, isNull, mapOfOne, scalarNode, stringOf, typeName } from '../tree/node.ts'
import { bindArguments } from './bind.ts'
import type { ResolveContext, ResolvedStep, Scope } from './context.ts'
import { within } from './context.ts'
import type { Found } from './lookup.ts'
import { findElement, reportMissing } from './lookup.ts'
import { readDeclarations } from './parameters.ts'

const conditionalKeys = ['condition', 'steps']

/** Keys of a command's definition (semantics 11). */
export const commandKeys: readonly string[] = ['description', 'parameters', 'steps']

/**
 * Expands a list of steps in one scope: commands are replaced by their steps, conditions decided, `steps` parameters
 * spliced in (semantics 11, 14). The result holds built-in steps only.
 */
export function expandSteps(cx: ResolveContext, node: Node, scope: Scope): readonly ResolvedStep[] {
  const steps: ResolvedStep[] = []
  expandInto(cx, node, scope, steps)
  return steps
}

function expandInto(cx: ResolveContext, node: Node, scope: Scope, out: ResolvedStep[]): void {
  const ready = cx.expandedSteps.get(node)
  if (ready !== undefined) {
    if (cx.budget.spend(ready.length, node.span)) for (const step of ready) put(cx, step, node.span, out)
    return
  }
  if (isFailed(node)) return
  if (node.kind === 'scalar' && node.templated) {
    const value = substituteOrFail(cx, node, scope)
    if (value !== undefined) expandSpliced(cx, value, scope, out)
    return
  }
  if (node.kind === 'list') {
    for (const item of node.items) expandStep(cx, item, scope, out)
    return
  }
  reportNoList(cx, node, scope)
}

function reportNoList(cx: ResolveContext, node: Node, { chain }: Scope): void {
  const around = chain.at(-1)
  const key = around?.kind === 'pre-steps' || around?.kind === 'post-steps' ? around.kind : 'steps'
  const text = stringOf(node)?.trim()
  const step = text === undefined || text === '' ? 'checkout' : /^[\w/-]+$/.test(text) ? text : 'run: …'
  const hint = `Write '${key}:', and below it each step with a dash: '- ${step}'`
  cx.report.error('expected-type', node.span, `'${key}' must be a list, found ${typeName(node)}`, { chain, hint })
}

/** The value of a template in a place for steps: steps already expanded, or the name of one. */
function expandSpliced(cx: ResolveContext, value: Node, scope: Scope, out: ResolvedStep[]): void {
  const name = stringOf(value)
  if (cx.expandedSteps.has(value) || value.kind === 'list') expandInto(cx, value, scope, out)
  // A text that is empty is no step: so a parameter leaves one out.
  else if (name !== '') expandStep(cx, value, scope, out)
}

function expandStep(cx: ResolveContext, item: Node, scope: Scope, out: ResolvedStep[]): void {
  if (!cx.budget.spend(1, item.span)) return
  if (item.kind === 'map') {
    expandMapStep(cx, item, scope, out)
    return
  }
  const name = stringOf(item)
  if (item.templated && item.kind === 'scalar') expandInto(cx, item, scope, out)
  else if (name !== undefined) expandNamed(cx, name, item, scope, out)
  else if (!isFailed(item)) {
    const message = `A step must be a name or a map with one key, found ${typeName(item)}`
    const hint = item.kind === 'list' ? 'A list inside a list is not joined with it: write its steps out' : undefined
    cx.report.error('step-shape', item.span, message, { chain: scope.chain, hint })
  }
}

function put(cx: ResolveContext, step: ResolvedStep, span: Span, out: ResolvedStep[]): void {
  out.push(step)
  cx.budget.addStep(out, step.node, span)
}

function expandNamed(cx: ResolveContext, name: string, item: Node, scope: Scope, out: ResolvedStep[]): void {
  const found = findElement('command', name, scope.space)
  if (found === 'silent') return
  if (found !== undefined)
    callCommand(cx, found, { key: name, keySpan: item.span, value: scalarNode(null, item.span) }, scope, out)
  else if (builtinStepName(name) !== undefined) put(cx, { node: item, chain: scope.chain }, item.span, out)
  else reportMissing(cx, 'command', name, item.span, scope)
}

function expandMapStep(cx: ResolveContext, item: MapNode, scope: Scope, out: ResolvedStep[]): void {
  const written = item.entries.values().next().value
  const key = written && substituteKey(cx, written, scope)
  if (written !== undefined && key === undefined) return
  const entry = key === written?.key ? written : { ...written!, key: key! }
  if (entry === undefined || item.entries.size > 1) {
    const keys = [...item.entries.keys()]
    const slip = entry !== undefined && isNull(entry.value)
    cx.report.error(
      'step-shape',
      item.span,
      `A step is a map with exactly one key; maximum size: [1], found: [${keys.length}] (${keys.join(', ')})`,
      {
        chain: scope.chain,
        hint: slip ? `Indent '${keys[1]}' further, so that it stands below '${entry.key}'` : undefined,
      },
    )
    return
  }
  if (entry.key === 'when' || entry.key === 'unless') {
    expandConditional(cx, entry, scope, out)
    return
  }
  if (entry.key === 'steps' && findElement('command', 'steps', scope.space) === undefined) {
    expandInto(cx, entry.value, scope, out)
    return
  }
  expandCall(cx, entry, item, scope, out)
}

function expandCall(cx: ResolveContext, entry: MapEntry, item: MapNode, scope: Scope, out: ResolvedStep[]): void {
  const found = findElement('command', entry.key, scope.space)
  if (found === 'silent') return
  if (found !== undefined) callCommand(cx, found, entry, scope, out)
  else if (builtinStepName(entry.key) !== undefined)
    put(cx, { node: builtinStep(cx, entry, item, scope), chain: scope.chain }, item.span, out)
  else reportMissing(cx, 'command', entry.key, entry.keySpan, scope)
}

/** Steps without templates, as they are written out: one for each place in the source, however often it is expanded. */
const plainSteps = new WeakMap<MapNode, Node>()

function builtinStep(cx: ResolveContext, entry: MapEntry, item: MapNode, scope: Scope): Node {
  if (item.templated) return writtenOut(entry, item, substitute(cx, entry.value, scope))
  const known = plainSteps.get(item)
  if (known !== undefined) return known
  const step = writtenOut(entry, item, entry.value)
  plainSteps.set(item, step)
  return step
}

function writtenOut(entry: MapEntry, item: MapNode, value: Node): Node {
  const isCommand = (entry.key === 'run' || entry.key === 'deploy') && value.kind === 'scalar'
  if (isCommand && !isNull(value)) {
    const body = mapOfOne({ key: 'command', keySpan: value.span, value }, value.span)
    return mapOfOne({ key: entry.key, keySpan: entry.keySpan, value: body }, item.span)
  }
  return item.entries.get(entry.key)?.value === value
    ? item
    : mapOfOne({ key: entry.key, keySpan: entry.keySpan, value }, item.span)
}

/** `when` and `unless` steps are decided here and leave no trace (semantics 14.2). */
function expandConditional(cx: ResolveContext, entry: MapEntry, scope: Scope, out: ResolvedStep[]): void {
  const condition = child(entry.value, 'condition')
  const steps = child(entry.value, 'steps')
  checkConditionalKeys(cx, entry, scope)
  if (condition === undefined || steps === undefined) {
    const keys = entry.value.kind === 'map' ? [...entry.value.entries.keys()] : []
    if (conditionalKeys.some((key) => slipFor(key, keys, conditionalKeys) !== undefined)) return
    const missing = condition === undefined ? 'condition' : 'steps'
    cx.report.error('missing-key', entry.keySpan, `required key [${missing}] not found in the '${entry.key}' step`, {
      chain: scope.chain,
      hint: 'A conditional step is written: when: {condition: …, steps: […]}',
    })
    return
  }
  const holds = evaluateLogic(cx, condition, scope)
  // What cannot be decided has been reported; the mistakes below it are told along with it.
  if (holds !== undefined && holds !== (entry.key === 'when')) return
  // Here, and only here, one step may stand for a list of it (semantics 14.2).
  const isStep = steps.kind === 'map' || (stringOf(steps) !== undefined && !steps.templated)
  if (isStep) expandStep(cx, steps, scope, out)
  else expandInto(cx, steps, scope, out)
}

function checkConditionalKeys(cx: ResolveContext, { key, value }: MapEntry, { chain }: Scope): void {
  if (value.kind !== 'map') return
  readFields({ report: cx.report, what: `the step '${key}'`, chain }, value).only(conditionalKeys, 'warn')
}

function callCommand(cx: ResolveContext, found: Found, entry: MapEntry, scope: Scope, out: ResolvedStep[]): void {
  const { definition, space } = found
  const frame: OriginFrame = { kind: 'command', name: entry.key, span: entry.keySpan }
  const inner = within(scope, frame)
  if (recursive(cx, found, inner) || !cx.budget.spend(inner.chain.length, entry.keySpan)) return
  const body = definition.node
  const steps = child(body, 'steps')
  if (body.kind !== 'map' || steps === undefined) {
    if (body.kind === 'map' && slipFor('steps', body.entries.keys(), commandKeys) !== undefined) return
    cx.report.error('missing-key', definition.keySpan, `required key [steps] not found in command '${definition.name}'`)
    return
  }
  const given = argumentEntries(cx, entry, scope)
  const parameters = bindArguments(cx, {
    declarations: readDeclarations(cx, child(body, 'parameters'), `command '${definition.name}'`),
    given: given ?? [],
    unreadable: given === undefined,
    caller: inner,
    callee: space,
    what: `Command '${entry.key}'`,
    span: entry.keySpan,
    expandSteps,
  })
  cx.activeCommands.push(definition.node)
  expandInto(cx, steps, { space, parameters, matrix: undefined, chain: inner.chain }, out)
  cx.activeCommands.pop()
}

function recursive(cx: ResolveContext, found: Found, scope: Scope): boolean {
  const { definition } = found
  if (cx.activeCommands.length >= cx.limits.callDepth) {
    cx.report.error('limit', definition.keySpan, `Commands call each other more than ${cx.limits.callDepth} deep`)
    return true
  }
  if (!cx.activeCommands.includes(definition.node)) return false
  const path = scope.chain.filter((frame) => frame.kind === 'command').map((frame) => frame.name)
  cx.report.error(
    'recursion',
    definition.keySpan,
    `Command '${definition.name}' calls itself: ${path.slice(-5).join(' -> ')}`,
  )
  return true
}

/** What a call gives; undefined when it cannot be read, which is reported. */
function argumentEntries(cx: ResolveContext, entry: MapEntry, scope: Scope): readonly MapEntry[] | undefined {
  const value =
    entry.value.kind === 'scalar' && entry.value.templated ? substitute(cx, entry.value, scope) : entry.value
  if (value.kind === 'map') return [...value.entries.values()]
  if (isFailed(value)) return undefined
  if (isNull(value)) return []
  const message = `Arguments of '${entry.key}' must be a map, found ${typeName(value)}`
  const hint =
    value.kind === 'list' ? 'Take the dashes off: each argument is a key' : "Write each below it: 'name: value'"
  cx.report.error('expected-type', value.span, message, { chain: scope.chain, hint })
  return undefined
}
