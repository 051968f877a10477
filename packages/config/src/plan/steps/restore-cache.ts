import type { StepReader } from './step-reader.ts'
import { nameOf } from './step-reader.ts'

/** `restore_cache`: with both `key` and `keys`, `key` is tried first. */
export const readRestoreCache: StepReader = (fields, origin) => {
  fields.only(['key', 'keys', 'name'], 'warn')
  const key = fields.text('key')
  const keys = [...(key === undefined ? [] : [key]), ...(fields.texts('keys') ?? [])]
  if (!fields.has('key') && !fields.has('keys')) {
    return fields.fail('missing-key', fields.span, "required key [key] or [keys] not found in the step 'restore_cache'")
  }
  return { type: 'restore_cache', ...nameOf(fields), keys, origin }
}
