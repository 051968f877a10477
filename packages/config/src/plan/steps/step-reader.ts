import type { Origin, Step } from '@rondo/model'
import type { Fields } from '../fields.ts'

/** Reads the body of one kind of step. Undefined when it cannot be carried out; the reasons are then reported. */
export type StepReader = (fields: Fields, origin: Origin) => Step | undefined

/** `{name}` when the config gives a display name, else nothing. */
export function nameOf(fields: Fields): { name?: string } {
  return optional('name', fields.text('name'))
}

/** An object with the key, or an empty one when there is no value: optional fields of the plan are absent, never undefined. */
export function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value }
}
