import type { StepReader } from './step-reader.ts'
import { nameOf } from './step-reader.ts'

/** `add_ssh_keys`; no fingerprints mean all keys. */
export const readAddSshKeys: StepReader = (fields, origin) => {
  fields.only(['fingerprints', 'name'], 'warn')
  return { type: 'add_ssh_keys', ...nameOf(fields), fingerprints: fields.texts('fingerprints') ?? [], origin }
}
