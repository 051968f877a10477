import type { Step } from '@rondo/model'
import { nameOf, runOne } from '../attempt/run-one.ts'
import type { OpenStep, StepHeading } from '../reports/step-recorder.ts'
import { firstConfigStep, type TaskContext } from '../task/task-context.ts'

/** Steps of a session in the environment of a failed job; they come after those of the config, one at a time. */
export interface SessionSteps {
  /** Runs the failed step again, with another command. */
  rerun(command: string): void
  /** Runs what comes after the failed step, until something fails. */
  goOn(): void
  /** Begins a step that is something else than a step of the config, beside those that run. */
  begin(heading: StepHeading): OpenStep
  /** Ends when nothing runs any more. */
  finished(): Promise<void>
}

export function createSessionSteps(task: TaskContext, over: AbortSignal): SessionSteps {
  const { steps } = task.spec.job
  const first = firstConfigStep(task)
  // A step in the background fails no job.
  const failedAt = steps.findIndex(
    (step, position) =>
      !(step.type === 'run' && step.background) &&
      task.journal.notes.some(
        (note) => note.type === 'ended' && note.step === position + first && note.end.result !== 'passed',
      ),
  )
  let next = first + steps.length
  let work: Promise<unknown> = Promise.resolve()
  closeLeft()

  /** Steps of a session that an agent before this one began: their ends are not known. */
  function closeLeft(): void {
    for (; task.steps.known(next); next++) {
      if (task.steps.ended.has(next)) continue
      const left = { name: 'Left by a restarted agent', kind: 'run', command: null, background: false }
      task.steps.begin(next, left).end({ result: 'canceled', exitCode: null })
    }
  }

  /** Whatever goes wrong in one is told in its own output; the session goes on. */
  async function runAs(step: Step, name: string): Promise<boolean> {
    if (over.aborted) return false
    const end = await runOne(task, { ...step, name } as Step, next++, false).catch(() => undefined)
    return end?.result === 'passed'
  }

  function enqueue(run: () => Promise<unknown>): void {
    work = work.then(run, run)
  }

  return {
    rerun(command) {
      const failed = steps[failedAt]
      if (failed?.type !== 'run') return
      enqueue(() => runAs({ ...failed, command, maxAutoReruns: 0 }, `Again: ${nameOf(failed)}`))
    },
    goOn() {
      enqueue(async () => {
        for (const step of steps.slice(failedAt + 1)) {
          const when = 'when' in step ? step.when : 'on_success'
          if (when === 'on_fail' || (step.type === 'run' && step.background)) continue
          if (!(await runAs(step, `Continued: ${nameOf(step)}`))) return
        }
      })
    },
    begin: (heading) => task.steps.begin(next++, heading),
    async finished() {
      const canceled = new Promise((resolve) => setTimeout(resolve, over.aborted ? 0 : 1_000).unref())
      await Promise.race([work, canceled])
    },
  }
}
