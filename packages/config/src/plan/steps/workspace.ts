import type { StepReader } from './step-reader.ts'
import { nameOf } from './step-reader.ts'

/** `persist_to_workspace`; old files give `paths` as one text. */
export const readPersistToWorkspace: StepReader = (fields, origin) => {
  fields.only(['root', 'paths', 'name'], 'warn')
  const root = fields.text('root', 'required')
  const paths = fields.textOrTexts('paths', 'required')
  if (root === undefined || paths === undefined) return undefined
  return { type: 'persist_to_workspace', ...nameOf(fields), root, paths, origin }
}

/** `attach_workspace`. */
export const readAttachWorkspace: StepReader = (fields, origin) => {
  fields.only(['at', 'name'], 'warn')
  const at = fields.text('at', 'required')
  return at === undefined ? undefined : { type: 'attach_workspace', ...nameOf(fields), at, origin }
}
