import type { StepReader } from './step-reader.ts'
import { nameOf, optional } from './step-reader.ts'

/** `store_artifacts`. */
export const readStoreArtifacts: StepReader = (fields, origin) => {
  fields.only(['path', 'destination', 'name', 'when'], 'warn')
  const path = fields.text('path', 'required')
  if (path === undefined) return undefined
  return {
    type: 'store_artifacts',
    ...nameOf(fields),
    path,
    ...optional('destination', fields.text('destination')),
    origin,
  }
}

/** `store_test_results`. */
export const readStoreTestResults: StepReader = (fields, origin) => {
  fields.only(['path', 'name', 'when'], 'warn')
  const path = fields.text('path', 'required')
  return path === undefined ? undefined : { type: 'store_test_results', ...nameOf(fields), path, origin }
}
