import type { ExpressionErrorType } from './expression-error.ts'
import { ExpressionError } from './expression-error.ts'
import type { Literal, Token, TokenType } from './scanner.ts'
import { scanExpression } from './scanner.ts'

export type Expression =
  | { readonly kind: 'literal'; readonly value: Literal }
  | { readonly kind: 'variable'; readonly name: string; readonly token: Token }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: Token; readonly left: Expression; readonly right: Expression }

const maxNesting = 200
/** Binary operators from the loosest to the tightest. */
const levels: readonly (readonly TokenType[])[] = [
  ['OR'],
  ['AND'],
  ['EQUAL_EQUAL', 'BANG_EQUAL', 'BUILTIN'],
  ['GREATER_EQUAL', 'GREATER', 'LESS_EQUAL', 'LESS'],
]
const equality = 2

/** Text of an expression to its tree (semantics 6.1). Throws `ExpressionError`. */
export function parseExpression(source: string): Expression {
  const parser = new ExpressionParser(scanExpression(source))
  return parser.whole()
}

class ExpressionParser {
  readonly #tokens: readonly Token[]
  #at = 0
  #nesting = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Expression {
    const expression = this.#binary(0)
    if (this.#peek().type !== 'EOF') throw this.#fault('Parser/UNEXPECTED_ADDITIONAL_INPUT')
    return expression
  }

  #binary(level: number): Expression {
    const operators = levels[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (;;) {
      if (operators.includes(this.#peek().type)) {
        const operator = this.#next()
        left = { kind: 'binary', operator, left, right: this.#binary(level + 1) }
      } else if (level === equality && this.#peek().type === 'IDENTIFIER' && this.#startsOperand(1)) {
        throw this.#fault('Parser/UNKNOWN_BUILTIN_FUNCTION')
      } else return left
    }
  }

  /** A name between two operands can only be meant as an operator; a name at the end is left-over input. */
  #startsOperand(ahead: number): boolean {
    const type = this.#tokens[this.#at + ahead]?.type ?? 'EOF'
    return ['NUMBER', 'STRING', 'PATTERN', 'TRUE', 'FALSE', 'IDENTIFIER', 'NOT', 'LEFT_PAREN'].includes(type)
  }

  #unary(): Expression {
    this.#nesting += 1
    if (this.#nesting > maxNesting) throw this.#fault('Parser/TOO_DEEP')
    const expression = this.#peek().type === 'NOT' ? this.#negation() : this.#primary()
    this.#nesting -= 1
    return expression
  }

  #negation(): Expression {
    this.#next()
    return { kind: 'not', operand: this.#unary() }
  }

  #primary(): Expression {
    const token = this.#peek()
    switch (token.type) {
      case 'NUMBER':
      case 'STRING':
      case 'PATTERN':
        this.#next()
        return { kind: 'literal', value: token.value! }
      case 'TRUE':
      case 'FALSE':
        this.#next()
        return { kind: 'literal', value: token.type === 'TRUE' }
      case 'IDENTIFIER':
        this.#next()
        return { kind: 'variable', name: token.lexeme, token }
      case 'LEFT_PAREN':
        return this.#parenthesised()
      default:
        throw this.#fault('Parser/EXPECTED_EXPRESSION')
    }
  }

  #parenthesised(): Expression {
    this.#next()
    const expression = this.#binary(0)
    if (this.#peek().type !== 'RIGHT_PAREN') throw this.#fault('Parser/EXPECTED_RIGHT_PAREN')
    this.#next()
    return expression
  }

  #peek(): Token {
    return this.#tokens[this.#at]!
  }

  #next(): Token {
    const token = this.#peek()
    this.#at += 1
    return token
  }

  #fault(errorType: ExpressionErrorType): ExpressionError {
    const { type, lexeme, charPos } = this.#peek()
    return new ExpressionError({ errorType, lexeme, charPos, tokenType: type })
  }
}
