import { passed, type StepEnd } from '../reports/endings.ts'
import { tooMuchMemory } from '../task/limits-hit.ts'
import { firstContainerStep, type TaskContext } from '../task/task-context.ts'

/** Steps that show what the containers beside the steps print. */
export interface AttendedContainers {
  /** Ends them with the job. May be called again. */
  stop(): Promise<void>
}

/**
 * A container that ends before the job has its step fail if it went wrong; the job goes on, for only its own steps know
 * whether they needed it.
 */
export function attendContainers(task: TaskContext): AttendedContainers {
  const over = new AbortController()
  const names = task.executor.attended?.(task.state) ?? []
  const all = names.map((name, position) => attend(task, name, position, over.signal))
  for (const one of all) one.catch(() => {})
  return {
    async stop() {
      over.abort()
      await Promise.all(all)
    },
  }
}

async function attend(task: TaskContext, name: string, position: number, over: AbortSignal): Promise<void> {
  const index = firstContainerStep(task.spec) + position
  if (task.steps.ended.has(index)) return
  const step = task.steps.begin(index, {
    name: `Container ${name}`,
    kind: 'container',
    command: null,
    background: true,
  })
  let end: StepEnd = passed
  try {
    end = (await follow(task, position, step, over)) ?? passed
  } finally {
    step.end(end)
  }
}

async function follow(
  task: TaskContext,
  position: number,
  step: ReturnType<TaskContext['steps']['begin']>,
  over: AbortSignal,
): Promise<StepEnd | undefined> {
  const from = task.folder.size(step.out)
  // Nobody sees more than this of a step, so no more of it is kept here.
  let room = task.spec.limits.maxOutputBytesPerStep + 1 - from
  const write = async (bytes: Buffer) => {
    if (room <= 0) return
    task.folder.append(step.out, bytes.subarray(0, room))
    room -= bytes.length
    step.pump.poke()
    await task.folder.appended(step.out, over)
  }
  const ended = await task.executor.attend?.(task.state, position, from, write, over)
  if (ended === undefined) {
    tellKills(task, position, step.out)
    return undefined
  }
  const why = ended.outOfMemory ? ` because ${tooMuchMemory(task)}` : ''
  task.folder.append(
    step.out,
    `\nThe container ended${why} while the job was running (exit code ${ended.exitCode}). The job goes on without it.\n`,
  )
  return { result: ended.exitCode === 0 ? 'passed' : 'failed', exitCode: ended.exitCode }
}

/** A container may go on without programs of its own that the kernel killed, and then nobody else speaks of them. */
function tellKills(task: TaskContext, position: number, out: string): void {
  const kills = task.executor.attendedKills?.(task.state, position) ?? 0
  if (kills === 0) return
  const programs = kills === 1 ? 'One program of this container was' : `${kills} programs of this container were`
  task.folder.append(out, `\n${programs} killed because ${tooMuchMemory(task)}.\n`)
}
