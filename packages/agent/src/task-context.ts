import type { ControlPlane, TaskSpec } from '@rondo/protocol'
import type { Executor, ExecutorState } from './executors/executor.ts'
import type { Journal } from './journal.ts'
import type { Reporter } from './reporter.ts'
import type { TaskFolder } from './task-folder.ts'

/** What running one task needs at hand. */
export interface TaskContext {
  readonly spec: TaskSpec
  readonly folder: TaskFolder
  readonly executor: Executor
  readonly state: ExecutorState
  readonly journal: Journal
  readonly reporter: Reporter
  readonly controlPlane: ControlPlane
  /** Aborted when the attempt is to stop: its reason is a `StopReason`. */
  readonly signal: AbortSignal
  /** Resolves at the next change in the shared folder, or after a short while. */
  changed(): Promise<void>
}

export type StopReason = 'canceled' | 'timed-out' | 'gone' | 'shutdown'

/** How a step ended: its result, and the exit status when it has one. */
export interface StepEnd {
  readonly result: 'passed' | 'failed' | 'canceled' | 'timed-out'
  readonly exitCode: number | null
}

export const passed: StepEnd = { result: 'passed', exitCode: null }
export const failed: StepEnd = { result: 'failed', exitCode: null }
