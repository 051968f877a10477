import { stepWhens } from './run.ts'
import type { StepReader } from './step-reader.ts'
import { nameOf } from './step-reader.ts'

/** `save_cache`; orbs of the product itself give `paths` as one text (circleci/lein-nvd). */
export const readSaveCache: StepReader = (fields, origin) => {
  fields.only(['key', 'paths', 'name', 'when'], 'warn')
  const key = fields.text('key', 'required')
  const paths = fields.textOrTexts('paths', 'required')
  const when = fields.choice('when', stepWhens) ?? 'on_success'
  if (key === undefined || paths === undefined) return undefined
  return { type: 'save_cache', ...nameOf(fields), key, paths, when, origin }
}
