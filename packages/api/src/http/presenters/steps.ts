import { backgroundEnd, type StepRecord } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Nullable, Time } from '../shapes.ts'
import { resultWord } from './result-word.ts'

const MaybeTrue = Nullable(Type.Boolean())

/** Steps of a v1.1 build (reference/api, 4.1, action). */
export const StepsShape = Type.Array(
  Type.Object({
    name: Type.String(),
    actions: Type.Array(
      Type.Object({
        name: Type.String(),
        type: Type.String(),
        status: Type.String(),
        index: Type.Integer(),
        step: Type.Integer(),
        parallel: Type.Boolean(),
        bash_command: Nullable(Type.String()),
        exit_code: Nullable(Type.Integer()),
        start_time: Time,
        end_time: Nullable(Time),
        run_time_millis: Nullable(Type.Integer()),
        output_url: Type.String(),
        has_output: Type.Boolean(),
        truncated: Type.Boolean(),
        background: Type.Boolean(),
        failed: MaybeTrue,
        canceled: MaybeTrue,
        timedout: MaybeTrue,
        messages: Type.Array(Type.Unknown()),
        source: Type.String(),
        insignificant: Type.Boolean(),
      }),
    ),
  }),
)

type Steps = Static<typeof StepsShape>

/** Slices of one step side by side. */
export function presentSteps(steps: readonly StepRecord[], publicUrl: string): Steps {
  const byIndex = Map.groupBy(steps, (step) => step.index)
  return [...byIndex.entries()].map(([index, slices]) => ({
    name: slices[0]?.name ?? '',
    actions: slices.map((step) => presentAction(step, index, publicUrl)),
  }))
}

/** What became of `max_auto_reruns`, and of a step in the background: an action has no field of its own for them. */
function messagesOf(step: StepRecord): { type: string; message: string }[] {
  const beside = backgroundEnd(step)
  const messages = [
    ...rerunMessages(step),
    ...(beside === undefined ? [] : [`${beside[0]?.toUpperCase()}${beside.slice(1)}.`]),
  ]
  return messages.map((message) => ({ type: 'info', message }))
}

function rerunMessages({ reruns, result }: StepRecord): readonly string[] {
  if (reruns === 0) return []
  const times = reruns === 1 ? 'once' : `${reruns} times`
  return [`It failed and was run again ${times}${result === 'passed' ? ', then it passed' : ''}.`]
}

function presentAction(step: StepRecord, index: number, publicUrl: string): Steps[number]['actions'][number] {
  return {
    name: step.name,
    type: step.type,
    status: step.phase === 'finished' ? resultWord(step.result) : 'running',
    index: step.taskIndex,
    step: index,
    parallel: true,
    bash_command: step.command,
    exit_code: step.exitCode,
    start_time: step.startedAt,
    end_time: step.finishedAt,
    run_time_millis: step.finishedAt ? step.finishedAt.getTime() - step.startedAt.getTime() : null,
    output_url: `${publicUrl}/api/private/steps/${step.id}/output?format=json`,
    has_output: step.outputBytes > 0,
    truncated: step.truncated,
    background: step.background,
    failed: step.result === 'failed' || null,
    canceled: step.result === 'canceled' || null,
    timedout: step.result === 'timed-out' || null,
    messages: messagesOf(step),
    source: 'config',
    insignificant: false,
  }
}
