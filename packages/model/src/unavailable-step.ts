import type { Step } from './plan-step.ts'

/** The keyword of a step that this installation accepts but cannot carry out: the job fails at it. Undefined for all others. */
export function unavailableStep(step: Step): string | undefined {
  switch (step.type) {
    case 'unsupported':
      return step.keyword
    case 'setup_remote_docker':
      return step.type
    default:
      return undefined
  }
}
