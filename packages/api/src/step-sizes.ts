import type { StepOutput, StepRecord } from '@rondo/model'

/** Steps with how much they have printed. That is written down when a step ends; of one that runs its stream knows. */
export async function withSizes<T extends Pick<StepRecord, 'id' | 'phase' | 'outputBytes'>>(
  steps: readonly T[],
  output: Pick<StepOutput, 'size'>,
): Promise<readonly T[]> {
  return Promise.all(
    steps.map(async (step) =>
      step.phase === 'finished' ? step : { ...step, outputBytes: await output.size(step.id) },
    ),
  )
}
