import type { Agents, Clock, EngineStore, Objects, StepOutput, UsageStore, Wakeups } from '@rondo/model'
import type { StartChecks } from '../workflows/start-job.ts'
import type { TaskSpecPorts } from './task-spec.ts'

export interface DispatcherPorts {
  readonly engine: EngineStore
  readonly wakeups: Wakeups
  readonly agents: Pick<Agents, 'checkIn'>
  readonly usage: Pick<UsageStore, 'save'>
  readonly objects: Objects
  readonly output: StepOutput
  readonly checks: StartChecks
  readonly clock: Clock
  readonly taskSpec: TaskSpecPorts
}
