import type { StepView } from '@rondo/protocol'

/**
 * Whether a step's output is shown unless somebody closes it: of what runs and of what failed. A shell in the environment of
 * a failed job is a terminal already where it is used; its output below would be the same twice.
 */
export function opensByItself({ type, phase, result }: Pick<StepView, 'type' | 'phase' | 'result'>): boolean {
  return (phase === 'running' && type !== 'shell') || (result !== null && result !== 'passed')
}
