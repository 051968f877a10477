import type { ExpressionErrorType, ExpressionFault } from './expression-error.ts'
import { ExpressionError } from './expression-error.ts'
import type { Expression } from './parser.ts'
import { parseExpression } from './parser.ts'
import type { Literal, Pattern, Token } from './scanner.ts'

/** `undefined` is the language's own "undefined": a variable that exists and has no value. */
export type ExpressionValue = Literal | undefined

/** Looks a variable up by its full dotted name: null when it exists without a value, undefined when it does not exist. */
export type Variables = (name: string) => string | number | boolean | null | undefined

export type ExpressionResult =
  | { readonly ok: true; readonly value: ExpressionValue }
  | { readonly ok: false; readonly fault: ExpressionFault }

/** Evaluates an expression (semantics 6). Faults come back as values. */
export function evaluateExpression(source: string, variables: Variables): ExpressionResult {
  try {
    return { ok: true, value: evaluate(parseExpression(source), variables) }
  } catch (error) {
    if (error instanceof ExpressionError) return { ok: false, fault: error.fault }
    throw error
  }
}

/** Inside expressions only `false` and undefined are falsy; `0` and the empty string are not. */
export function isTruthyInExpression(value: ExpressionValue): boolean {
  return value !== undefined && value !== false
}

function evaluate(expression: Expression, variables: Variables): ExpressionValue {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'variable':
      return variable(expression, variables)
    case 'not':
      return !isTruthyInExpression(evaluate(expression.operand, variables))
    case 'binary':
      return binary(expression, variables)
  }
}

function variable(expression: Extract<Expression, { kind: 'variable' }>, variables: Variables): ExpressionValue {
  const value = variables(expression.name)
  if (value === undefined) throw fault('Interpreter/UNKNOWN_VARIABLE', expression.token)
  return value ?? undefined
}

function binary(expression: Extract<Expression, { kind: 'binary' }>, variables: Variables): ExpressionValue {
  const { operator } = expression
  const left = evaluate(expression.left, variables)
  // Both return an operand, not a boolean: `x == "main" and 10 or 1` is the idiom for a choice.
  if (operator.type === 'AND') return isTruthyInExpression(left) ? evaluate(expression.right, variables) : left
  if (operator.type === 'OR') return isTruthyInExpression(left) ? left : evaluate(expression.right, variables)
  const right = evaluate(expression.right, variables)
  if (left === undefined || right === undefined) return undefined
  if (operator.type === 'EQUAL_EQUAL') return sameValue(left, right)
  if (operator.type === 'BANG_EQUAL') return !sameValue(left, right)
  return operator.type === 'BUILTIN' ? builtin(operator, left, right) : compare(operator, left, right)
}

function sameValue(left: Literal, right: Literal): boolean {
  if (isInteger(left) && isInteger(right)) return BigInt(left) === BigInt(right)
  if (isPattern(left) && isPattern(right)) return left.source === right.source
  return left === right
}

function compare(operator: Token, left: Literal, right: Literal): boolean {
  if (!isInteger(left) || !isInteger(right)) throw fault('Interpreter/EXPECTED_NUMERIC_OPERAND', operator)
  switch (operator.type) {
    case 'GREATER':
      return left > right
    case 'GREATER_EQUAL':
      return left >= right
    case 'LESS':
      return left < right
    default:
      return left <= right
  }
}

function builtin(operator: Token, left: Literal, right: Literal): boolean {
  if (typeof left !== 'string') throw fault('Interpreter/EXPECTED_STRING_OPERAND', operator)
  if (operator.lexeme.toLowerCase() === 'matches') {
    if (!isPattern(right)) throw fault('Interpreter/EXPECTED_PATTERN_OPERAND', operator)
    return right.regex.matches(left)
  }
  if (typeof right !== 'string') throw fault('Interpreter/EXPECTED_STRING_OPERAND', operator)
  return operator.lexeme.toLowerCase() === 'contains' ? left.includes(right) : left.startsWith(right)
}

function isInteger(value: Literal): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

function isPattern(value: Literal): value is Pattern {
  return typeof value === 'object'
}

function fault(errorType: ExpressionErrorType, token: Token): ExpressionError {
  return new ExpressionError({ errorType, lexeme: token.lexeme, charPos: token.charPos, tokenType: token.type })
}
