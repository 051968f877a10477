import { availableParallelism, totalmem } from 'node:os'

/** What a machine offers to tasks. */
export interface Capacity {
  readonly cpus: number
  readonly memoryMb: number
  readonly tasks: number
}

/** Tasks of small classes mostly wait; so many share a CPU at most. */
const tasksPerCpu = 4

/**
 * What of this machine tasks may use: what its settings say, cut to what it has, a limit of the agent's own control group
 * included. A setting that is left out takes all there is.
 */
export function capacityOf(settings: Partial<Capacity> = {}): Capacity {
  const cpus = Math.min(settings.cpus ?? Number.POSITIVE_INFINITY, availableParallelism())
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY
  const memoryMb = Math.floor(Math.min(totalmem(), limit) / 1024 / 1024)
  return {
    cpus,
    memoryMb: Math.min(settings.memoryMb ?? memoryMb, memoryMb),
    tasks: settings.tasks ?? Math.max(1, Math.floor(cpus * tasksPerCpu)),
  }
}
