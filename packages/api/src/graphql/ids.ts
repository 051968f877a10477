import { AppError } from '@rondo/model'
import { isId } from '../access.ts'

/** An argument of type UUID: the schema lets anything through. */
export function requireId(what: string, value: unknown): string {
  if (typeof value === 'string' && isId(value)) return value
  throw new AppError('bad-request', `${what} "${String(value).slice(0, 100)}" is not an id. Give a UUID.`)
}
