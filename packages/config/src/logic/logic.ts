import { didYouMean } from '../did-you-mean.ts'
import { evaluateExpression, isTruthyInExpression } from '../expression/evaluate.ts'
import { compileRegex } from '../regex/compile-regex.ts'
import type { ResolveContext, Scope } from '../resolve/context.ts'
import { isTruthy, substitute, substituteOrFail } from '../template/substitute.ts'
import { expressionVariables, reportExpression } from '../template/variable.ts'
import type { MapNode, Node, ScalarNode } from '../tree/node.ts'
import { child, displayText, isNull, stringOf, typeName } from '../tree/node.ts'
import { sameValue } from '../tree/same-value.ts'
import { warnOfFixedMatch, warnOfFixedText, warnOfFixedValues } from './fixed-conditions.ts'

const holding = ['and', 'or', 'not']
const operators = [...holding, 'equal', 'matches']

/** A workflow's `when`: a bare string is an expression there (semantics 6.3). Undefined when it is wrong. */
export function evaluateWorkflowCondition(cx: ResolveContext, node: Node, scope: Scope): boolean | undefined {
  const text = stringOf(node)
  if (text === undefined || node.templated || text.trim() === '') return evaluateLogic(cx, node, scope)
  return evaluateBareExpression(cx, node as ScalarNode, scope)
}

/** An expression written without `<< >>`. Undefined when it is wrong. */
export function evaluateBareExpression(cx: ResolveContext, node: ScalarNode, scope: Scope): boolean | undefined {
  if (node.templated) {
    const value = substituteOrFail(cx, node, scope)
    if (scope.space.main) warnOfFixedText(cx, node, scope)
    return value === undefined ? undefined : isTruthy(value)
  }
  const text = String(node.value)
  const result = evaluateExpression(text, expressionVariables(cx, scope))
  if (result.ok) return isTruthyInExpression(result.value)
  reportExpression(cx, text, result.fault, node.span, scope)
  return undefined
}

/** A logic statement (semantics 7). Undefined when it is wrong, which is reported. */
export function evaluateLogic(cx: ResolveContext, node: Node, scope: Scope, depth = 1): boolean | undefined {
  if (node.kind === 'scalar') {
    const value = substituteOrFail(cx, node, scope)
    if (scope.space.main) warnOfFixedText(cx, node, scope, depth)
    return value === undefined ? undefined : isTruthy(value)
  }
  if (node.kind === 'list') {
    const hint = "Join the items by 'and' or 'or'"
    cx.report.error('logic', node.span, 'A condition is a value or one statement, not a list', {
      chain: scope.chain,
      hint,
    })
    return undefined
  }
  if (node.entries.size === 0) return true
  return evaluateStatement(cx, node, scope, depth)
}

function evaluateStatement(cx: ResolveContext, node: MapNode, scope: Scope, depth: number): boolean | undefined {
  const known = operators.filter((operator) => node.entries.has(operator))
  const found = [...node.entries.keys()].join(', ')
  const message = `A logic statement has exactly one key out of ${operators.join(', ')}; found ${found}`
  const [key] = known
  if (key === undefined || known.length < node.entries.size) {
    const misspelt = [...node.entries.keys()].find((name) => !operators.includes(name)) ?? ''
    const hint = () =>
      misspelt === 'condition'
        ? "Take 'condition:' off: the statement stands right here"
        : didYouMean(misspelt, operators)
    cx.report.error('logic', node.span, message, { chain: scope.chain, hint })
    return undefined
  }
  const entry = node.entries.get(key)!
  if (known.length > 1) {
    // Configs in which an indentation slip left `not:` empty beside `equal:` have run for months.
    const slipped = known.some((operator) => isNull(child(node, operator)))
    const hint = slipped
      ? `'${key}' counts here and the others do not; is something to be indented further?`
      : "Join the statements by 'and' or 'or'"
    cx.report[slipped ? 'warn' : 'error']('logic', node.span, message, { chain: scope.chain, hint })
    if (!slipped) return undefined
  }
  // What holds no statements of its own is no level: `equal`, `matches` and values.
  if (holding.includes(entry.key) && depth > cx.limits.logicDepth) {
    const message = `Logic statements are nested more than ${cx.limits.logicDepth} deep`
    cx.report.error('limit', node.span, message, { chain: scope.chain })
    return undefined
  }
  switch (entry.key) {
    case 'and':
    case 'or':
      return evaluateJunction(cx, entry.key, entry.value, scope, depth)
    case 'not':
      return evaluateNot(cx, entry.value, scope, depth)
    case 'equal':
      return evaluateEqual(cx, entry.value, scope)
    default:
      return evaluateMatches(cx, entry.value, scope)
  }
}

function evaluateJunction(
  cx: ResolveContext,
  key: 'and' | 'or',
  value: Node,
  scope: Scope,
  depth: number,
): boolean | undefined {
  const items = argumentList(cx, key, value, scope)
  if (items === undefined) return undefined
  const results = items.map((item) => evaluateLogic(cx, item, scope, depth + 1))
  if (results.includes(undefined)) return undefined
  return key === 'and' ? !results.includes(false) : results.includes(true)
}

function evaluateNot(cx: ResolveContext, value: Node, scope: Scope, depth: number): boolean | undefined {
  if (value.kind === 'list') {
    cx.report.error('logic', value.span, "'not' takes a single statement, not a list", {
      chain: scope.chain,
      hint: value.items.length === 1 ? 'Take the dash or the brackets off' : "Join the items by 'and' or 'or' below it",
    })
    return undefined
  }
  const result = evaluateLogic(cx, value, scope, depth + 1)
  return result === undefined ? undefined : !result
}

function evaluateEqual(cx: ResolveContext, value: Node, scope: Scope): boolean | undefined {
  const items = argumentList(cx, 'equal', value, scope)
  if (items === undefined) return undefined
  const values = items.map((item) => substituteOrFail(cx, item, scope))
  if (values.includes(undefined)) return undefined
  if (scope.space.main) warnOfFixedValues(cx, items, values as readonly Node[], scope)
  return values.every((item) => sameValue(item!, values[0]!))
}

function argumentList(cx: ResolveContext, key: string, value: Node, scope: Scope): readonly Node[] | undefined {
  if (value.kind === 'list' && value.items.length > 0) return value.items
  const found = value.kind === 'list' ? 'an empty list' : typeName(value)
  cx.report.error('logic', value.span, `'${key}' needs a list of at least one element, found ${found}`, {
    chain: scope.chain,
    hint: listHint(key, value),
  })
  return undefined
}

function listHint(key: string, value: Node): string {
  if (value.kind === 'map') return 'Begin each statement with a dash'
  return key === 'equal'
    ? 'Write equal: [<< pipeline.git.branch >>, main]'
    : `Write the statements below '${key}:', each with a dash`
}

function evaluateMatches(cx: ResolveContext, node: Node, scope: Scope): boolean | undefined {
  checkMatchKeys(cx, node, scope)
  const pattern = matchOperand(cx, node, 'pattern', scope)
  const value = matchOperand(cx, node, 'value', scope)
  if (pattern === undefined || value === undefined) return undefined
  const compiled = compileRegex(pattern, 'java', { backtracking: cx.backtracking })
  if (compiled.ok) return compiled.regex.matches(value)
  cx.report.error(
    'regex',
    child(node, 'pattern')!.span,
    `The pattern '${pattern}' cannot be used: ${compiled.reason}`,
    {
      chain: scope.chain,
    },
  )
  return undefined
}

const matchKeys = ['pattern', 'value']

function checkMatchKeys(cx: ResolveContext, node: Node, { chain }: Scope): void {
  for (const { key, keySpan } of node.kind === 'map' ? node.entries.values() : []) {
    if (matchKeys.includes(key)) continue
    const message = `extraneous key [${key}] is not permitted in 'matches'`
    cx.report.error('logic', keySpan, message, {
      chain,
      hint: () => didYouMean(key, matchKeys) ?? 'Permitted keys: pattern, value',
    })
  }
}

function matchOperand(cx: ResolveContext, node: Node, key: string, scope: Scope): string | undefined {
  const given = child(node, key)
  if (given === undefined) {
    cx.report.error('logic', node.span, `'matches' needs the keys 'pattern' and 'value'; '${key}' is missing`, {
      chain: scope.chain,
    })
    return undefined
  }
  if (key === 'value' && scope.space.main) warnOfFixedMatch(cx, given, scope)
  if (given.templated && given.kind === 'scalar' && substituteOrFail(cx, given, scope) === undefined) return undefined
  const value = substitute(cx, given, scope)
  if (value.kind === 'scalar') return displayText(value)
  cx.report.error('logic', given.span, `'${key}' of 'matches' must be a string, found ${typeName(value)}`, {
    chain: scope.chain,
  })
  return undefined
}
