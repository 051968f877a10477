import type { ControlPlane, TaskSpec } from '@rondo/protocol'
import type { Executor, ExecutorState } from './executors/executor.ts'
import type { Journal } from './journal.ts'
import type { Notices } from './notices.ts'
import type { Reporter } from './reporter.ts'
import type { StepRecorder } from './step-recorder.ts'
import type { TaskFolder } from './task-folder.ts'

/** What preparing an environment for a task needs at hand. */
export interface TaskBase {
  readonly spec: TaskSpec
  readonly folder: TaskFolder
  readonly executor: Executor
  readonly journal: Journal
  readonly reporter: Reporter
  readonly controlPlane: ControlPlane
  readonly notices: Notices
  readonly steps: StepRecorder
  /** Aborted when the attempt is to stop: its reason is a `StopReason`. */
  readonly signal: AbortSignal
}

/** What running one task needs at hand. */
export interface TaskContext extends TaskBase {
  readonly state: ExecutorState
}

export type StopReason = 'canceled' | 'timed-out' | 'gone' | 'shutdown'

/** How a step ended: its result, and the exit status when it has one. */
export interface StepEnd {
  readonly result: 'passed' | 'failed' | 'canceled' | 'timed-out'
  readonly exitCode: number | null
}

export const passed: StepEnd = { result: 'passed', exitCode: null }
export const failed: StepEnd = { result: 'failed', exitCode: null }
