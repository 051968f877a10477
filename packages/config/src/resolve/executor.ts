import { checkExecutorKeys } from '../plan/executor.ts'
import type { Place } from '../plan/place.ts'
import { substitute } from '../template/substitute.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { child, isFailed, mapNode, stringOf, typeName } from '../tree/node.ts'
import { bindArguments } from './bind.ts'
import type { ResolveContext, Scope, Space } from './context.ts'
import { within } from './context.ts'
import type { Found } from './lookup.ts'
import { findElement, reportMissing } from './lookup.ts'
import { readDeclarations } from './parameters.ts'
import { expandSteps } from './steps.ts'

export interface ResolvedExecutor {
  readonly body: MapNode
  /** The calls that led to it, itself the last. */
  readonly chain: Scope['chain']
}

/** The executor a job names, with its arguments in place; undefined when there is none to be had, which is reported. */
export function resolveExecutor(cx: ResolveContext, node: Node, scope: Scope): ResolvedExecutor | undefined {
  const written = writtenIn(node, scope)
  const value = substitute(cx, node, scope)
  const nameNode = value.kind === 'map' ? child(value, 'name') : value
  const name = stringOf(nameNode)
  if (name === undefined) {
    if (!isFailed(value) && !isFailed(nameNode)) {
      const message = `'executor' must be a name, or a map with 'name' and arguments; found ${typeName(value)}`
      cx.report.error('expected-type', node.span, message, {
        chain: scope.chain,
        hint: value.kind === 'map' ? "Add 'name:'" : 'Write the name alone',
      })
    }
    return undefined
  }
  const found = findFirst(name, [...written, scope.space])
  if (found === 'silent') return undefined
  if (found === undefined) {
    reportMissing(cx, 'executor', name, nameNode?.span ?? node.span, scope)
    return undefined
  }
  return instantiate(cx, found, name, value, scope)
}

/** An executor argument is looked up first where it was written, then in the callee's own space (semantics 4.4). */
function writtenIn(node: Node, scope: Scope): readonly Space[] {
  const texts = [stringOf(node), stringOf(child(node, 'name'))]
  return texts.flatMap((text) => {
    const name = /^<<\s*parameters\.([\w-]+)(?:\.name)?\s*>>$/.exec(text ?? '')?.[1]
    const argument = name === undefined ? undefined : scope.parameters?.get(name)
    return argument === undefined ? [] : [argument.space]
  })
}

function findFirst(name: string, spaces: readonly Space[]) {
  for (const space of spaces) {
    const found = findElement('executor', name, space)
    if (found !== undefined) return found
  }
  return undefined
}

function instantiate(
  cx: ResolveContext,
  found: Found,
  name: string,
  reference: Node,
  scope: Scope,
): ResolvedExecutor | undefined {
  const { definition, space } = found
  if (definition.node.kind !== 'map') {
    cx.report.error(
      'expected-type',
      definition.keySpan,
      `Executor '${name}' must be a map, found ${typeName(definition.node)}`,
    )
    return undefined
  }
  const inner = within(scope, { kind: 'executor', name, span: reference.span })
  const given = reference.kind === 'map' ? [...reference.entries.values()].filter((entry) => entry.key !== 'name') : []
  const parameters = bindArguments(cx, {
    declarations: readDeclarations(cx, child(definition.node, 'parameters'), `executor '${definition.name}'`),
    given,
    caller: inner,
    callee: space,
    what: `Executor '${name}'`,
    span: reference.span,
    expandSteps,
  })
  const kept = [...definition.node.entries.values()].filter(
    (entry) => entry.key !== 'parameters' && entry.key !== 'description',
  )
  const body = substitute(cx, mapNode(kept, definition.node.span), {
    space,
    parameters,
    matrix: undefined,
    chain: inner.chain,
  })
  if (body.kind !== 'map') return undefined
  const place = { report: cx.report, what: `executor '${definition.name}'`, chain: inner.chain }
  return { body: withoutForeignKeys(place, body), chain: inner.chain }
}

/** What an executor may not have is refused as the executor's mistake, and never reaches the job. */
function withoutForeignKeys(place: Place, body: MapNode): MapNode {
  const foreign = checkExecutorKeys(place, body)
  if (foreign.length === 0) return body
  const own = [...body.entries.values()].filter(({ key }) => !foreign.includes(key))
  return mapNode(own, body.span)
}
