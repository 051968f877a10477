import type { StepRecord } from './task.ts'

/**
 * How a step that ran beside the others ended, in words that hold in a job of any status; undefined for other steps, and where
 * its result says it all. Only one that the end of the job or of its environment stopped has passed without an exit code.
 */
export function backgroundEnd({
  background,
  result,
  exitCode,
}: Pick<StepRecord, 'background' | 'exitCode'> & { readonly result: string | null }): string | undefined {
  if (!background) return undefined
  if (result === 'passed' && exitCode === null) return 'ran until the end'
  return result === 'failed' && exitCode !== null
    ? `exited with ${exitCode} in the background, which fails no job`
    : undefined
}
