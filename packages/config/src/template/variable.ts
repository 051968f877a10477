import type { Span } from '@rondo/model'
import type { ExpressionValue, Variables } from '../expression/evaluate.ts'
import { evaluateExpression } from '../expression/evaluate.ts'
import type { ExpressionFault } from '../expression/expression-error.ts'
import { expressionMessage } from '../expression/expression-error.ts'
import { isKnownPipelineValue, presentValue } from '../pipeline/known-values.ts'
import type { ResolveContext, Scope } from '../resolve/context.ts'
import type { Node } from '../tree/node.ts'
import { child, scalarNode } from '../tree/node.ts'
import { expressionHint, isForeign, unknownHint } from './cures.ts'
import { placeOf, tagPlace, type WrittenAt, writtenPlace } from './place.ts'

const parameterPrefix = 'pipeline.parameters.'
const plainReference = /^(?:parameters|pipeline|matrix)\.[^\s()"'!=<>]+$/

/** The value of the inside of a `<< >>`: a plain reference or an expression. Undefined when it is wrong, and reported. */
export function tagValue(cx: ResolveContext, inner: string, at: WrittenAt, scope: Scope): Node | undefined {
  if (plainReference.test(inner) || isOddlyNamed(cx, inner, scope)) return referenceValue(cx, inner, at, scope)
  const result = evaluateExpression(inner, expressionVariables(cx, scope))
  if (result.ok) return expressionNode(result.value, at.span)
  if (!isAlreadyReported(cx, result.fault, scope))
    reportExpression(cx, inner, result.fault, writtenPlace(cx, at), scope)
  return undefined
}

/** A pipeline parameter whose name no expression could hold is replaced as it stands (semantics 6.3). */
function isOddlyNamed(cx: ResolveContext, inner: string, scope: Scope): boolean {
  if (!scope.space.main || !inner.startsWith(parameterPrefix)) return false
  const name = inner.slice(parameterPrefix.length)
  return cx.pipelineParameters.has(name) || cx.brokenPipelineParameters.has(name)
}

/** Variables as expressions see them: pipeline values and parameters, and the element's own parameters. */
export function expressionVariables(cx: ResolveContext, scope: Scope): Variables {
  return (name) => {
    if (name.startsWith('pipeline.')) return pipelineVariable(cx, name, scope)
    const node = elementValue(name, scope)
    return node?.kind === 'scalar' ? node.value : undefined
  }
}

export function reportExpression(
  cx: ResolveContext,
  text: string,
  fault: ExpressionFault,
  span: Span,
  scope: Scope,
): void {
  if (text.trim() === '') {
    cx.report.error('expression', span, 'Expected an expression, found nothing', { chain: scope.chain })
    return
  }
  if (fault.errorType === 'Interpreter/UNKNOWN_VARIABLE') {
    reportUnknown(cx, fault.lexeme, placeOf(cx, span, fault.lexeme) ?? span, { scope, text })
    return
  }
  if (isInclude(text)) {
    const message = 'An include is carried out when a folder is packed, and this config was not'
    const hint = "Write what the file holds here, or let 'rondo config pack FOLDER' print the config"
    cx.report.error('expression', tagPlace(cx, span, text), message, { chain: scope.chain, hint })
    return
  }
  const found = faultPlace(cx, span, text, fault)
  const first = firstLineOf(cx, span)
  // What the shell was to read has no later line to be wrong in.
  const place = isForeign(text) && found.start > first.end ? first : found
  cx.report.error('expression', place, expressionMessage(fault), {
    chain: scope.chain,
    hint: expressionHint(fault, text),
  })
}

function isInclude(text: string): boolean {
  return /^\s*include\s*\(/.test(text)
}

interface Mention {
  readonly scope: Scope
  /** The expression or the reference that holds the name. */
  readonly text: string
}

function reportUnknown(cx: ResolveContext, name: string, span: Span, { scope, text }: Mention): void {
  const head = name.split('.', 1)[0]
  const detail = { chain: scope.chain, hint: () => unknownHint(cx, name, scope, text) }
  if (head === 'parameters') {
    const bare = name.slice(name.indexOf('.') + 1)
    cx.report.error('undeclared-parameter', span, `Arguments referenced without declared parameters: ${bare}`, detail)
  } else if (head === 'pipeline' || head === 'matrix') {
    cx.report.error('unknown-variable', span, `Referred to a variable "${name}" that does not exist`, detail)
  } else cx.report.error('unknown-variable', span, `Unknown variable(s): ${name}`, detail)
}

function firstLineOf(cx: ResolveContext, span: Span): Span {
  const line = cx.sources.get(span.file)?.slice(span.start, span.end).split('\n', 1)[0]?.trimEnd()
  return line === undefined ? span : { ...span, end: span.start + line.length }
}

/** Where a fault stands in the file: the line of the expression it is in is looked for there, as far as it reads alike. */
function faultPlace(cx: ResolveContext, span: Span, text: string, { charPos, lexeme }: ExpressionFault): Span {
  const lineStart = text.lastIndexOf('\n', charPos - 1) + 1
  const line = text.slice(lineStart).split('\n', 1)[0]!
  const lead = line.length - line.trimStart().length
  const written = placeOf(cx, span, line.trim())
  if (written === undefined) {
    // A folded text has its lines elsewhere; a piece that it holds once is still itself.
    const once = text.indexOf(lexeme) === text.lastIndexOf(lexeme)
    return (once ? placeOf(cx, span, lexeme.trim()) : undefined) ?? span
  }
  const start = Math.min(written.start + Math.max(0, charPos - lineStart - lead), written.end)
  return { file: span.file, start, end: Math.max(start, Math.min(written.end, start + Math.max(1, lexeme.length))) }
}

function referenceValue(cx: ResolveContext, name: string, at: WrittenAt, scope: Scope): Node | undefined {
  if (name.startsWith('pipeline.')) {
    const value = pipelineVariable(cx, name, scope)
    if (value !== undefined) return scalarNode(value ?? '', at.span)
  } else {
    const node = elementValue(name, scope)
    if (node !== undefined) return node
  }
  if (!isBroken(cx, name, scope))
    reportUnknown(cx, name, tagPlace(cx, writtenPlace(cx, at), name), { scope, text: name })
  return undefined
}

function pipelineVariable(
  cx: ResolveContext,
  name: string,
  scope: Scope,
): string | number | boolean | null | undefined {
  if (name.startsWith(parameterPrefix)) {
    return scope.space.main ? cx.pipelineParameters.get(name.slice(parameterPrefix.length)) : undefined
  }
  if (Object.hasOwn(cx.pipelineValues, name)) return presentValue(name, cx.pipelineValues[name])
  return isKnownPipelineValue(name) ? null : undefined
}

/** A value of `parameters.` or `matrix.`; further dots walk into a map given as argument. */
function elementValue(name: string, scope: Scope): Node | undefined {
  const dot = name.indexOf('.')
  const key = dot === -1 ? '' : name.slice(dot + 1)
  if (name.startsWith('matrix.')) return scope.matrix?.get(key)
  if (!name.startsWith('parameters.')) return undefined
  const direct = scope.parameters?.get(key)
  if (direct !== undefined) return direct.value
  const path = key.split('.')
  const first = scope.parameters?.get(path[0] ?? '')?.value
  return path.slice(1).reduce<Node | undefined>((node, step) => child(node, step), first)
}

function isAlreadyReported(cx: ResolveContext, fault: ExpressionFault, scope: Scope): boolean {
  return fault.errorType === 'Interpreter/UNKNOWN_VARIABLE' && isBroken(cx, fault.lexeme, scope)
}

function isBroken(cx: ResolveContext, name: string, scope: Scope): boolean {
  if (name.startsWith(parameterPrefix) && scope.space.main) {
    return cx.brokenPipelineParameters.has(name.slice(parameterPrefix.length))
  }
  return name.startsWith('parameters.') && scope.parameters?.has(name.slice('parameters.'.length)) === true
}

function expressionNode(value: ExpressionValue, span: Span): Node {
  if (value === undefined) return scalarNode('', span)
  if (typeof value === 'object') return scalarNode(value.source, span)
  return scalarNode(typeof value === 'bigint' ? value.toString() : value, span)
}
