import { readFileSync } from 'node:fs'

/** A JSON schema, as far as the reference uses the language. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

export interface ReferenceOperation {
  /** `GET /me`. */
  readonly operation: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: 'path' | 'query' | 'header'
    readonly required: boolean
    readonly schema: Schema
  }[]
  readonly body?: Schema
  /** By status; `default` is what errors look like. */
  readonly responses: Readonly<Record<string, Schema>>
}

/**
 * The operations of API v2 as its published OpenAPI description of February 2025 has them, with every reference resolved
 * and every word of prose left out: names, types and statuses, one operation a line. For tests only.
 */
export function readReference(): ReadonlyMap<string, ReferenceOperation> {
  const lines = readFileSync(new URL('reference-operations.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const operations = lines.map((line) => JSON.parse(line) as ReferenceOperation)
  return new Map(operations.map((operation) => [operation.operation, operation]))
}
