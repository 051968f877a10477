import type { ForecastLine, QueueLine } from '@rondo/model'

/** A task that waits, with its line as it is while this task is the first in it. */
export interface FutureTask {
  readonly line: QueueLine
  readonly jobId: string
  /** It waits now; others will be queued later. */
  readonly waitsNow: boolean
  /** Stands for one that was not read. */
  readonly assumed: boolean
}

/** The lines of the queue while the future is played through. */
export interface FutureLines {
  /** The first task of each line that this agent may take one of. */
  heads(agent: { readonly id: string; readonly executors: readonly string[] }): readonly FutureTask[]
  take(task: FutureTask): void
  /** At the end of its line; `count` alike. */
  add(task: FutureTask, count: number): void
  /** From now on only this agent may take it. */
  reserve(task: FutureTask, agentId: string): void
  /** No task asks for fewer CPUs. */
  readonly leastCpus: number
}

interface Line {
  readonly tasks: FutureTask[]
  readonly goesOn: boolean
  /** By how many milliseconds one came after the other. */
  readonly stepMs: number
}

export function createFutureLines(known: readonly ForecastLine[]): FutureLines {
  const reserved = new Map<FutureTask, string>()
  const lines = new Map<string, Line>(
    known.map(({ tasks, goesOn, ...shape }) => [
      keyOf(shape),
      {
        goesOn,
        stepMs: tasks.length < 2 ? 0 : (tasks.at(-1)!.since - tasks[0]!.since) / (tasks.length - 1),
        tasks: tasks.map(({ jobId, ...head }) => ({
          line: { ...shape, ...head },
          jobId,
          waitsNow: true,
          assumed: false,
        })),
      },
    ]),
  )
  let least = Math.min(...known.map((line) => line.cpus))
  return {
    heads({ id, executors }) {
      const found: FutureTask[] = []
      for (const { tasks } of lines.values()) {
        if (!executors.includes(tasks[0]!.line.executor)) continue
        const first = reserved.size === 0 ? tasks[0] : tasks.find((task) => (reserved.get(task) ?? id) === id)
        if (first !== undefined) found.push(first)
      }
      return found
    },
    take(task) {
      const key = keyOf(task.line)
      const { tasks, goesOn, stepMs } = lines.get(key)!
      tasks.splice(tasks.indexOf(task), 1)
      reserved.delete(task)
      if (tasks.length > 0) return
      // What was not read is taken to be like the last that was, so that others do not seem to have the machines to themselves.
      const { since, taskId } = task.line
      if (goesOn)
        tasks.push({ ...task, line: { ...task.line, since: since + stepMs, taskId: `${taskId}+` }, assumed: true })
      else lines.delete(key)
    },
    add(task, count) {
      const key = keyOf(task.line)
      const line = lines.get(key) ?? { tasks: [], goesOn: false, stepMs: 0 }
      lines.set(key, line)
      least = Math.min(least, task.line.cpus)
      for (let index = 0; index < count; index++) line.tasks.push({ ...task })
    },
    reserve: (task, agentId) => void reserved.set(task, agentId),
    get leastCpus() {
      return least
    },
  }
}

function keyOf(line: Omit<QueueLine, 'promoted' | 'since' | 'taskId'>): string {
  return [line.executor, line.projectId, line.resourceClass, line.cpus, line.memoryMb].join()
}
