/** What Node's parser says of a call, without its advice about dashes, which is for programs. */
export function withoutParserAdvice(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/ To specify a positional.*$/s, '')
}
