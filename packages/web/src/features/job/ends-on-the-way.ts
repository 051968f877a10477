import type { StepView } from '@rondo/protocol'

/**
 * When each step ended whose end is still to be told, by its id. An agent tells an end after the step's output has arrived,
 * and goes on meanwhile: steps run one after another, so one that was followed by another has ended. Of the last nobody
 * knows; what runs beside the steps tells nothing.
 */
export function endsOnTheWay(steps: readonly StepView[]): ReadonlyMap<string, string> {
  const inTurn = steps.filter((step) => !step.background && step.type !== 'shell')
  return new Map(
    inTurn.flatMap((step, at) => {
      const next = inTurn[at + 1]
      return step.finishedAt === null && next !== undefined ? [[step.id, next.startedAt]] : []
    }),
  )
}
