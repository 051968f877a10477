/** Kinds of mistakes in an expression, named as in the official corpus. */
export type ExpressionErrorType =
  | 'Scanner/UNEXPECTED_CHARACTER'
  | 'Scanner/INCOMPLETE_EQUALS'
  | 'Scanner/UNTERMINATED_STRING'
  | 'Scanner/UNTERMINATED_PATTERN'
  | 'Scanner/INVALID_PATTERN'
  | 'Scanner/INVALID_PATTERN_CHARACTER'
  | 'Scanner/PATTERN_TOO_LONG'
  | 'Scanner/INVALID_NUMERIC_LITERAL'
  | 'Parser/EXPECTED_EXPRESSION'
  | 'Parser/UNEXPECTED_ADDITIONAL_INPUT'
  | 'Parser/EXPECTED_RIGHT_PAREN'
  | 'Parser/UNKNOWN_BUILTIN_FUNCTION'
  | 'Parser/TOO_DEEP'
  | 'Interpreter/EXPECTED_NUMERIC_OPERAND'
  | 'Interpreter/EXPECTED_STRING_OPERAND'
  | 'Interpreter/EXPECTED_PATTERN_OPERAND'
  | 'Interpreter/UNKNOWN_VARIABLE'

export interface ExpressionFault {
  readonly errorType: ExpressionErrorType
  readonly lexeme: string
  /** Offset in the expression, in UTF-16 units. */
  readonly charPos: number
  readonly tokenType?: string
}

/** Carries a fault out of the recursive descent; never leaves `evaluateExpression`. */
export class ExpressionError extends Error {
  readonly fault: ExpressionFault
  constructor(fault: ExpressionFault) {
    super(fault.errorType)
    this.fault = fault
  }
}

/** The sentence for a fault, without the picture of the place (semantics 28.4). */
export function expressionMessage(fault: ExpressionFault): string {
  switch (fault.errorType) {
    case 'Scanner/UNEXPECTED_CHARACTER':
      return `Unexpected character ${fault.lexeme}`
    case 'Scanner/INCOMPLETE_EQUALS':
      return `Incomplete token, expected "==", found ${fault.lexeme || 'the end'}`
    case 'Scanner/UNTERMINATED_STRING':
      return 'Unterminated string starting here'
    case 'Scanner/UNTERMINATED_PATTERN':
      return 'Unterminated pattern starting here'
    case 'Scanner/INVALID_PATTERN':
      return 'Syntax error in pattern'
    case 'Scanner/INVALID_PATTERN_CHARACTER':
      return 'Invalid pattern character, only ASCII and Latin-1 are allowed in patterns'
    case 'Scanner/PATTERN_TOO_LONG':
      return 'Pattern length exceeded, limit is 256 characters'
    case 'Scanner/INVALID_NUMERIC_LITERAL':
      return 'Invalid numeric literal, numbers can range from 0 to 2^63 - 1'
    case 'Parser/EXPECTED_EXPRESSION':
      return `Expected an expression, found ${fault.lexeme || 'the end'}`
    case 'Parser/UNEXPECTED_ADDITIONAL_INPUT':
      return `Unexpected additional input ${fault.lexeme}`
    case 'Parser/EXPECTED_RIGHT_PAREN':
      return `Expected a closing parenthesis, found ${fault.lexeme || 'the end'}`
    case 'Parser/UNKNOWN_BUILTIN_FUNCTION':
      return `Unknown operator ${fault.lexeme}`
    case 'Parser/TOO_DEEP':
      return 'The expression is nested too deeply'
    case 'Interpreter/EXPECTED_NUMERIC_OPERAND':
      return `Both sides of ${fault.lexeme} must be integers`
    case 'Interpreter/EXPECTED_STRING_OPERAND':
      return `The operands of ${fault.lexeme} must be strings`
    case 'Interpreter/EXPECTED_PATTERN_OPERAND':
      return `The right side of ${fault.lexeme} must be a /pattern/`
    case 'Interpreter/UNKNOWN_VARIABLE':
      return `Referred to a variable "${fault.lexeme}" that does not exist`
  }
}
