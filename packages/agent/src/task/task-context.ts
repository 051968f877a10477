import type { ControlPlane, TaskSpec } from '@rondo/protocol'
import type { Executor, ExecutorState } from '../executors/executor.ts'
import type { Journal } from '../reports/journal.ts'
import type { Reporter } from '../reports/reporter.ts'
import type { StepRecorder } from '../reports/step-recorder.ts'
import type { Notices } from '../shared-folder/notices.ts'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import type { Lane } from './lane.ts'
import type { LimitsHit } from './limits-hit.ts'
import type { Scripts } from './scripts.ts'

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

/** Steps 0 and 1 are our own, and one that opens the job over SSH where somebody may enter; then comes one for each container that prints, then the config's first. */
export function firstConfigStep({ executor, state, spec }: Pick<TaskContext, 'executor' | 'state' | 'spec'>): number {
  return firstContainerStep(spec) + (executor.attended?.(state).length ?? 0)
}

export function firstContainerStep({ ssh }: Pick<TaskSpec, 'ssh'>): number {
  return ssh === true ? enableSshStep + 1 : enableSshStep
}

export const enableSshStep = 2

/** What running one task needs at hand. */
export interface TaskContext extends TaskBase {
  readonly state: ExecutorState
  readonly scripts: Scripts
  readonly lane: Lane
  /** How often the job had hit its limits before the script that was last waited to start. */
  readonly hits: { before: LimitsHit }
  /** That the job wrote more than it may, in its user's words, once it has. */
  readonly disk: { told?: string }
}
