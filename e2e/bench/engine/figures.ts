import { loadavg } from 'node:os'
import type { Figure } from '../figure.ts'
import { arrivals } from './arrivals.ts'
import { dispatchLatency } from './dispatch-latency.ts'
import { idleAgents } from './idle-agents.ts'
import { largeWorkflow } from './large-workflow.ts'
import { runningTasks } from './running-tasks.ts'
import { throughput } from './throughput.ts'

const rows = {
  throughput,
  running: runningTasks,
  arrivals,
  large: largeWorkflow,
  idle: idleAgents,
  dispatch: dispatchLatency,
}

/** The engine with agents that do no work: all rows, or those that are named. Each starts what it needs by itself. */
export async function engineFigures(wanted: readonly string[]): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const [name, measure] of Object.entries(rows)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const busy = loadavg()[0] ?? 0
    const measured = await measure()
    // What else the machine did before says how far to trust the figure.
    figures.push(...measured.map((figure) => ({ ...figure, load: busy.toFixed(1) })))
  }
  return figures
}
