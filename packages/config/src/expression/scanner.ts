import type { CompiledRegex } from '../regex/compile-regex.ts'
import { compileRegex } from '../regex/compile-regex.ts'
import type { ExpressionErrorType } from './expression-error.ts'
import { ExpressionError } from './expression-error.ts'

export type TokenType =
  | 'NUMBER'
  | 'STRING'
  | 'PATTERN'
  | 'TRUE'
  | 'FALSE'
  | 'IDENTIFIER'
  | 'BUILTIN'
  | 'AND'
  | 'OR'
  | 'NOT'
  | 'EQUAL_EQUAL'
  | 'BANG_EQUAL'
  | 'GREATER'
  | 'GREATER_EQUAL'
  | 'LESS'
  | 'LESS_EQUAL'
  | 'LEFT_PAREN'
  | 'RIGHT_PAREN'
  | 'EOF'

export interface Token {
  readonly type: TokenType
  readonly lexeme: string
  readonly charPos: number
  readonly value?: Literal
}

export interface Pattern {
  readonly source: string
  readonly regex: CompiledRegex
}

export type Literal = string | number | bigint | boolean | Pattern

const maxPattern = 256
const maxInteger = 2n ** 63n - 1n
const word = /[A-Za-z][A-Za-z0-9_?-]*(?:\.[A-Za-z][A-Za-z0-9_?-]*)*/y
const keywords: Readonly<Record<string, TokenType>> = {
  and: 'AND',
  or: 'OR',
  not: 'NOT',
  true: 'TRUE',
  false: 'FALSE',
  'starts-with': 'BUILTIN',
  contains: 'BUILTIN',
  matches: 'BUILTIN',
}
const operators: readonly (readonly [string, TokenType])[] = [
  ['==', 'EQUAL_EQUAL'],
  ['!=', 'BANG_EQUAL'],
  ['>=', 'GREATER_EQUAL'],
  ['<=', 'LESS_EQUAL'],
  ['>', 'GREATER'],
  ['<', 'LESS'],
  ['!', 'NOT'],
  ['(', 'LEFT_PAREN'],
  [')', 'RIGHT_PAREN'],
]

/** Text of an expression to tokens (semantics 6.1). Throws `ExpressionError`. */
export function scanExpression(source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    if (/\s/.test(source[at]!)) {
      at += 1
      continue
    }
    const token = scanToken(source, at)
    tokens.push(token)
    at += token.lexeme.length
  }
  tokens.push({ type: 'EOF', lexeme: '', charPos: source.length })
  return tokens
}

function scanToken(source: string, at: number): Token {
  const char = source[at]!
  if (char === '"') return scanString(source, at)
  if (char === '/') return scanPattern(source, at)
  if (/[0-9]/.test(char)) return scanNumber(source, at)
  for (const [lexeme, type] of operators) if (source.startsWith(lexeme, at)) return { type, lexeme, charPos: at }
  if (char === '=') throw fault('Scanner/INCOMPLETE_EQUALS', charAt(source, at + 1), at + 1)
  word.lastIndex = at
  const match = word.exec(source)
  if (match === null) throw fault('Scanner/UNEXPECTED_CHARACTER', charAt(source, at), at)
  return wordToken(match[0], at)
}

function wordToken(lexeme: string, charPos: number): Token {
  const spelled = lexeme === lexeme.toUpperCase() ? lexeme.toLowerCase() : lexeme
  // Literals have one spelling only; operators may also stand in capitals.
  const literal = spelled === 'true' || spelled === 'false'
  const key = literal ? lexeme : spelled
  return { type: Object.hasOwn(keywords, key) ? keywords[key]! : 'IDENTIFIER', lexeme, charPos }
}

function scanString(source: string, start: number): Token {
  let value = ''
  for (let at = start + 1; at < source.length; at += 1) {
    const char = source[at]!
    if (char === '"') return { type: 'STRING', lexeme: source.slice(start, at + 1), charPos: start, value }
    const escaped = char === '\\' && (source[at + 1] === '"' || source[at + 1] === '\\')
    if (escaped) at += 1
    value += source[at]!
  }
  throw fault('Scanner/UNTERMINATED_STRING', '"', start)
}

function scanPattern(source: string, start: number): Token {
  let pattern = ''
  for (let at = start + 1; at < source.length; at += 1) {
    const char = source[at]!
    if (char === '/') return patternToken(pattern, source.slice(start, at + 1), start)
    if (source.codePointAt(at)! > 0xff) throw fault('Scanner/INVALID_PATTERN_CHARACTER', charAt(source, at), at)
    if (char === '\\' && at + 1 < source.length) {
      const next = source[at + 1]!
      if (next === 'u' || next === 'x') throw fault('Scanner/INVALID_PATTERN_CHARACTER', '\\', at)
      if (source.codePointAt(at + 1)! > 0xff)
        throw fault('Scanner/INVALID_PATTERN_CHARACTER', charAt(source, at + 1), at + 1)
      pattern += next === '/' ? '/' : char + next
      at += 1
    } else pattern += char
  }
  throw fault('Scanner/UNTERMINATED_PATTERN', '/', start)
}

function patternToken(pattern: string, lexeme: string, charPos: number): Token {
  if (pattern.length > maxPattern) throw fault('Scanner/PATTERN_TOO_LONG', '/', charPos)
  const compiled = compileRegex(pattern, 're2')
  if (!compiled.ok) throw fault('Scanner/INVALID_PATTERN', '/', charPos)
  return { type: 'PATTERN', lexeme, charPos, value: { source: pattern, regex: compiled.regex } }
}

function scanNumber(source: string, start: number): Token {
  const lexeme = /^[0-9]+/.exec(source.slice(start))![0]
  const value = BigInt(lexeme)
  if (value > maxInteger) throw fault('Scanner/INVALID_NUMERIC_LITERAL', lexeme[0]!, start)
  // Small integers stay plain numbers; larger ones keep their digits.
  return {
    type: 'NUMBER',
    lexeme,
    charPos: start,
    value: value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value,
  }
}

function charAt(source: string, at: number): string {
  const code = source.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}

function fault(errorType: ExpressionErrorType, lexeme: string, charPos: number): ExpressionError {
  return new ExpressionError({ errorType, lexeme, charPos })
}
