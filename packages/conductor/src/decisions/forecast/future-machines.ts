import { cpuOvercommit, type ForecastAgent, type ForecastRunning, type Resources } from '@rondo/model'

/** An agent with the room that it has left. */
export interface FutureMachine {
  readonly agent: ForecastAgent
  readonly free: { cpus: number; memoryMb: number; tasks: number }
}

/** The agents that take tasks, with the room that what runs leaves them. */
export function futureMachines(
  agents: readonly ForecastAgent[],
  running: readonly ForecastRunning[],
): ReadonlyMap<string, FutureMachine> {
  const machines = new Map<string, FutureMachine>(
    agents.map((agent) => [
      agent.id,
      {
        agent,
        free: {
          cpus: agent.machine.cpus * cpuOvercommit,
          memoryMb: agent.machine.memoryMb,
          tasks: agent.maxTasks ?? Number.POSITIVE_INFINITY,
        },
      },
    ]),
  )
  for (const task of running) occupy(machines.get(task.agentId), task, 1)
  return machines
}

/** Takes room for a task (1), or gives it back (-1). A class larger than the machine takes the whole machine. */
export function occupy(machine: FutureMachine | undefined, task: Resources, times: 1 | -1): void {
  if (machine === undefined) return
  const { free, agent } = machine
  free.tasks -= times
  free.cpus -= times * Math.min(task.cpus, agent.machine.cpus)
  free.memoryMb -= times * Math.min(task.memoryMb, agent.machine.memoryMb)
}

/** Whether one of two machines offers everything that the other does. */
export function offersAsMuch(one: FutureMachine, other: FutureMachine): boolean {
  return (
    one.free.cpus >= other.free.cpus &&
    one.free.memoryMb >= other.free.memoryMb &&
    one.free.tasks > 0 &&
    one.agent.machine.cpus === other.agent.machine.cpus &&
    one.agent.machine.memoryMb === other.agent.machine.memoryMb &&
    other.agent.executors.every((executor) => one.agent.executors.includes(executor))
  )
}
