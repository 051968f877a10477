import { type Static, type TSchema, Type } from 'typebox'

/** Pieces that the schemas of many operations share. */

export const Id = Type.String({ format: 'uuid' })
/** A `Date` in our hands, RFC 3339 on the wire. */
export const Time = Type.Unsafe<Date>({ type: 'string', format: 'date-time' })
export const Message = Type.Object({ message: Type.String() })
export const accepted: Static<typeof Message> = { message: 'Accepted.' }

/** Text of a request: never empty, never longer than this many characters. */
export const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })

export const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

/** A list of API v2. */
export const PageOf = <Schema extends TSchema>(item: Schema) =>
  Type.Object({ items: Type.Array(item), next_page_token: Nullable(Type.String()) })

/** One of these words. */
export const Words = <const List extends readonly string[]>(words: List) =>
  Type.Unsafe<List[number]>({ type: 'string', enum: [...words] })

/** Values of pipeline parameters in a request; their types are the config's to check. */
export const Parameters = Type.Record(Type.String(), Type.Unknown(), { maxProperties: 100 })

/** A list that is always answered as a whole. */
export function wholeList<T>(items: readonly T[]): { items: T[]; next_page_token: null } {
  return { items: [...items], next_page_token: null }
}

export const PageQuery = { 'page-token': Type.Optional(Type.String({ maxLength: 200 })) }
const pageSize = 20

/** The page of a list that a query asks for. */
export function pageRequest(query: { readonly 'page-token'?: string }): { limit: number; token?: string } {
  return { limit: pageSize, ...(query['page-token'] ? { token: query['page-token'] } : {}) }
}

const variableName = { pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 300 }
export const VariableName = Type.String(variableName)
export const VariableValue = Type.String({ maxLength: 32_768 })
/** For names that come in a path. */
export function isVariableName(name: string): boolean {
  return new RegExp(variableName.pattern).test(name) && name.length <= variableName.maxLength
}

/** What a repository or organisation of the built-in hosting may be called. */
export const RepositoryName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' })
