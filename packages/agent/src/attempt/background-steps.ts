import type { RunStep } from '@rondo/model'
import { passed, type StepEnd, stoppedAs } from '../reports/endings.ts'
import type { OpenStep } from '../reports/step-recorder.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import { duration } from '../steps/duration.ts'
import { explain, startBackground } from '../steps/run.ts'
import { printedAll } from '../task/launch.ts'
import type { TaskContext } from '../task/task-context.ts'
import { headingOf } from './run-one.ts'

/**
 * How long a job waits for what runs in the background once its steps are over. Servers end within milliseconds of being asked,
 * and what they write then nothing stores any more; one that is deaf costs each of its jobs this much.
 */
const graceMs = 2_000

/** Steps that run beside the others until they end by themselves, or with the job; they never fail it. */
export interface BackgroundSteps {
  begin(step: RunStep, index: number): Promise<void>
  /** Whether any has not ended by itself. */
  readonly runs: boolean
  /** Asks what still runs to end, and waits shortly for it. */
  stop(): Promise<void>
  /** Lets what still runs go on in an environment that is kept; its steps say so, and end. */
  leave(): void
  /** Tells the end of those whose end was not told. */
  close(): Promise<void>
}

interface Running {
  readonly id: string
  readonly open: OpenStep
}

export function openBackground(task: TaskContext): BackgroundSteps {
  const running = new Set<Running>()
  const watches: Promise<void>[] = []
  const over = new AbortController()
  /** By the agent before this one, perhaps: what ended since did not end by itself. */
  let asked = task.journal.notes.some((note) => note.type === 'stopping')

  async function watch(one: Running): Promise<void> {
    while (running.has(one) && !over.signal.aborted && !task.signal.aborted) {
      const status = statusOf(task.folder, one.id)
      if (status !== undefined) return conclude(one, status)
      await task.notices.changed()
    }
  }

  async function conclude(one: Running, status: number): Promise<void> {
    running.delete(one)
    const end: StepEnd = asked ? withTheJob : { result: status === 0 ? 'passed' : 'failed', exitCode: status }
    if (end.result === 'failed') {
      await printedAll(task, one.id, one.open.out)
      explain(task, one.open.out, exitedWith(status))
    }
    one.open.end(end)
  }

  return {
    async begin(step, index) {
      const open = task.steps.begin(index, headingOf(step))
      try {
        const one = { id: await startBackground(task, step, index), open }
        running.add(one)
        watches.push(watch(one))
      } catch (error) {
        open.end({ result: stoppedAs(task.signal), exitCode: null })
        throw error
      }
    },
    get runs() {
      return running.size > 0
    },
    leave() {
      for (const { open } of running) explain(task, open.out, leftSentence)
    },
    async stop() {
      for (const one of running) {
        const status = statusOf(task.folder, one.id)
        if (status !== undefined) watches.push(conclude(one, status))
      }
      if (running.size === 0) return
      asked = true
      task.journal.note({ type: 'stopping' })
      for (const { id } of running) task.folder.command(`kill ${id} TERM`)
      const deadline = performance.now() + graceMs
      while (running.size > 0 && performance.now() < deadline) {
        await task.notices.changed()
        task.signal.throwIfAborted()
      }
      for (const { open } of running) explain(task, open.out, deafSentence)
    },
    async close() {
      over.abort()
      for (const { open } of running) open.end(withTheJob)
      running.clear()
      await Promise.all(watches)
    },
  }
}

/** Still running is no failure, and the code of a program that was told to end says nothing of it. */
const withTheJob: StepEnd = passed

function exitedWith(status: number): string {
  return `\nExited with code exit status ${status} in the background, which fails no job: this one goes on\n`
}

const leftSentence = '\nRuns on in the environment that is kept, and ends with it; what it prints there is not stored\n'

const deafSentence = `\nStill ran ${duration(graceMs)} after it was asked to end with the job (SIGTERM), so it is killed\n`
