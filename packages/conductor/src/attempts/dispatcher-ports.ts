import type {
  Agents,
  BoxSealer,
  Clock,
  EngineStore,
  Holds,
  Objects,
  SshAccess,
  StepOutput,
  UsageStore,
  Wakeups,
} from '@rondo/model'
import type { StartChecks } from '../workflows/start-job.ts'
import type { TaskSpecPorts } from './task-spec.ts'

export interface DispatcherPorts {
  readonly engine: EngineStore
  readonly wakeups: Wakeups
  readonly agents: Pick<Agents, 'checkIn' | 'greet' | 'heardOf'>
  readonly holds: Pick<Holds, 'begin' | 'end' | 'orders'>
  /** Environments of failed jobs that one organisation may keep at once; default 3, and 0 keeps none. */
  readonly holdQuota?: number
  /** Who may enter jobs over SSH; without it nobody. */
  readonly sshAccess?: Pick<SshAccess, 'admit'>
  readonly usage: Pick<UsageStore, 'save'>
  readonly objects: Objects
  readonly output: StepOutput
  readonly checks: StartChecks
  readonly clock: Clock
  readonly taskSpec: TaskSpecPorts
  /** Seals what holds secrets, before it leaves for the agent. */
  readonly boxes: BoxSealer
}
