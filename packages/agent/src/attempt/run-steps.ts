import type { Result, Step, StepWhen } from '@rondo/model'
import { type StopReason, stoppedAs } from '../reports/endings.ts'
import { duration } from '../steps/duration.ts'
import { hasBegun } from '../steps/run.ts'
import { EnvironmentGone } from '../task/launch.ts'
import { limitsHit, tooManyProcesses } from '../task/limits-hit.ts'
import { firstConfigStep, type TaskContext } from '../task/task-context.ts'
import { openBackground } from './background-steps.ts'
import { headingOf, runOne } from './run-one.ts'
import { timeIsUp } from './time-is-up.ts'

export interface TaskEnd {
  readonly result: Result
  readonly message: string | null
  /** No code of the job has run. */
  readonly unbegun?: true
}

/**
 * Runs the steps of a task in order, from where its journal ends. After a failure only steps that ask for it run, and
 * those that store results; after a stop nothing of the user's does (ledger I-008). What runs in the background is stopped
 * then, unless the environment `stays` for people, who need it as the steps had it.
 */
export async function runSteps(
  task: TaskContext,
  stays: (end: TaskEnd) => Promise<boolean> = async () => false,
): Promise<TaskEnd> {
  let end: TaskEnd = { result: 'passed', message: null }
  const background = openBackground(task)
  const first = firstConfigStep(task)
  try {
    for (const [position, step] of task.spec.job.steps.entries()) {
      const index = position + first
      const beside = step.type === 'run' && step.background
      const before = task.steps.ended.get(index)
      if (before === undefined) {
        // The supervisor may have gone on with the very step that halts the job, before the agent comes to it.
        if (halted(task) && !hasBegun(task, index)) break
        if (!shouldRun(step, end.result !== 'passed')) continue
        if (isForFirstSlice(step) && task.spec.taskIndex > 0) continue
        if (beside) await background.begin(step, index)
      }
      if (beside) continue
      const { result, stuck } = before ?? (await runOne(task, step, index, end.result === 'passed'))
      if (end.result === 'passed' && result !== 'passed')
        end = result === 'timed-out' ? { result, message: silence(step) } : { result: 'failed', message: null }
      if (stuck) {
        end = { ...end, message: `${end.message ?? ''} ${stuckSentence(task)}`.trim() }
        break
      }
    }
    if (background.runs && (await stays(end))) background.leave()
    else await background.stop()
  } catch (error) {
    end = stoppedEnd(task, error)
  } finally {
    await background.close()
  }
  await task.steps.settled()
  return end
}

/** Only too little output times a step out by itself: the job goes on to those that always run. */
function silence(step: Step): string {
  const limit = step.type === 'run' ? ` for ${duration(step.noOutputTimeoutMs)}` : ''
  return `The step "${headingOf(step).name}" printed nothing${limit} and was stopped. Raise its no_output_timeout if it needs longer.`
}

function stuckSentence(task: TaskContext): string {
  const because = limitsHit(task).processes > 0 ? ` because ${tooManyProcesses}` : ''
  return `What it had started could not be killed${because}, so no step followed it.`
}

/** The deprecated `deploy` acts once, after all other slices, however many there are (semantics 14). */
function isForFirstSlice(step: Step): boolean {
  return step.type === 'run' && step.deploy === true
}

export const unheardMessage =
  'The agent could not reach the server for so long that this job may be run anew elsewhere, so it stopped the job.'

/** How a task ends whose steps were stopped; rethrows what stopped nothing. */
export function stoppedEnd(task: TaskContext, error: unknown): TaskEnd {
  const reason = task.signal.reason as StopReason
  if (task.signal.aborted && reason === 'unheard') return { result: 'lost', message: unheardMessage }
  if (task.signal.aborted && reason === 'disk') return { result: 'failed', message: task.disk.told ?? null }
  if (task.signal.aborted && reason !== 'shutdown')
    return { result: stoppedAs(task.signal), message: reason === 'timed-out' ? timeIsUp(task.spec) : null }
  if (error instanceof EnvironmentGone) return { result: error.byJob ? 'failed' : 'lost', message: error.message }
  throw error
}

const whenOf: Readonly<Partial<Record<Step['type'], StepWhen>>> = {
  store_artifacts: 'always',
  store_test_results: 'always',
}

function shouldRun(step: Step, hasFailed: boolean): boolean {
  const when = 'when' in step ? step.when : (whenOf[step.type] ?? 'on_success')
  return when === 'always' || (when === 'on_fail') === hasFailed
}

function halted(task: TaskContext): boolean {
  return task.folder.exists('halt')
}
