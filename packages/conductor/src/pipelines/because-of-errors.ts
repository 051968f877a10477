import type { PipelineError } from '@rondo/model'
import { storable } from './compile-config.ts'

const maxLength = 500

/** For the event of an errored pipeline: its first error in one line, and how many more there are. Empty without one. */
export function becauseOfErrors(errors: readonly PipelineError[]): { readonly because?: string } {
  const [first, ...others] = errors
  if (first === undefined) return {}
  const line = first.message.replace(/\s+/g, ' ').trim()
  const short = line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
  return { because: storable(others.length === 0 ? short : `${short} (and ${others.length} more)`) }
}
