import type { StepView } from '@rondo/protocol'

/** The step that failed a job: the first of those that ran one after the other. What ran beside them, services too, fails no job. */
export function failedStep<S extends Pick<StepView, 'background' | 'result'>>(steps: readonly S[]): S | undefined {
  return steps.find((step) => !step.background && step.result !== null && step.result !== 'passed')
}
