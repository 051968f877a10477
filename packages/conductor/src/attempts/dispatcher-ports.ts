import type { Clock, EngineStore, Objects, StepOutput, Wakeups } from '@rondo/model'
import type { StartChecks } from '../workflows/start-job.ts'
import type { TaskSpecPorts } from './task-spec.ts'

export interface DispatcherPorts {
  readonly engine: EngineStore
  readonly wakeups: Wakeups
  readonly objects: Objects
  readonly output: StepOutput
  readonly checks: StartChecks
  readonly clock: Clock
  readonly taskSpec: TaskSpecPorts
}

/** How long an attempt is its agent's without a sign of life (section 2b of the reliability rules). */
export const leaseMs = 30_000
