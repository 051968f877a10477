import type { Figure } from '../figure.ts'
import { arrivals } from './arrivals.ts'
import { dispatchLatency } from './dispatch-latency.ts'
import { idleAgents } from './idle-agents.ts'
import { largeWorkflow } from './large-workflow.ts'
import { runningTasks } from './running-tasks.ts'
import { throughput } from './throughput.ts'

/** The engine with agents that do no work. Each row starts what it needs by itself. */
export const engineRows: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  throughput,
  'running-tasks': runningTasks,
  arrivals,
  'large-workflow': largeWorkflow,
  'idle-agents': idleAgents,
  dispatch: dispatchLatency,
}
