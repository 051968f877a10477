import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '../executors/executor.ts'
import { endMark } from '../output/end-marks.ts'
import { waitBriefly } from '../room/wait-briefly.ts'
import { whenRoom } from '../room/when-room.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import type { Script } from './lane.ts'
import { limitsHit, tooManyProcesses, tooMuchMemory } from './limits-hit.ts'
import type { TaskContext } from './task-context.ts'

/** An end mark follows its script's exit at once, unless the job's environment died with it. */
const printedWithinMs = 1_000
/** What is killed is gone within milliseconds, where there is room for a process that kills it. */
const endedWithinMs = 2_000

/**
 * Starts a script in the job's queue, once: a script that was started before the agent died is found, not started again.
 * Answers whether the supervisor had gone on with it by itself.
 */
export async function launch(task: TaskContext, script: Script): Promise<boolean> {
  const known = wasLaunched(task, script.id)
  if (!known) await noteLaunch(task, script)
  // The supervisor knows what it has begun: what is asked for twice runs once.
  if (known && (task.folder.progress.began(script.id) || task.lane.fell(script.id))) return false
  return task.lane.start(script, {
    decided: (look) => heard(task, look),
    signal: task.signal,
    asking() {
      task.hits.before = limitsHit(task)
    },
  })
}

/** The same beside the queue. */
export async function launchBeside(task: TaskContext, script: Script): Promise<void> {
  const { id, out, prologue, command } = script
  if (wasLaunched(task, id) && (await settles(task, id))) return
  const files = await whenRoom(() => [prologue, command ?? ''].map(task.scripts.fileOf), task.signal)
  await noteLaunch(task, script)
  task.folder.command(`run ${id} ${out} ${files.join(' ')}`)
}

/** Nothing is started that an agent after this one would not know of: on a full disk it waits. */
async function noteLaunch(task: TaskContext, { id, out }: Script): Promise<void> {
  task.journal.note({ type: 'launched', id, out })
  await task.journal.kept(task.signal)
}

export function wasLaunched(task: TaskContext, id: string): boolean {
  return task.journal.launched.has(id)
}

/** The command may have been on its way to the supervisor when the agent died. */
async function settles(task: TaskContext, id: string): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    if (task.folder.progress.began(id)) return true
    await sleep(50)
  }
  return false
}

/** Waits shortly until all that an ended script printed stands in its output file, so that what is said next comes after. */
export async function printedAll(task: TaskContext, id: string, out: string): Promise<void> {
  const mark = endMark(id, task.spec.attemptId)
  const patience = { ms: printedWithinMs, folder: task.folder.root, signal: task.signal }
  await waitBriefly(() => task.folder.readEnd(out).includes(mark), patience)
}

/** Runs one of our own scripts in the job's environment and waits for it. Its output goes to the step's output. */
export async function runInternal(task: TaskContext, id: string, out: string, script: string): Promise<number> {
  await launch(task, { id, out, prologue: `${script}\n` })
  return waitForStatus(task, id)
}

export function waitForStatus(task: TaskContext, id: string): Promise<number>
/** Gives up, without an answer, when `patient` says no; it is asked often. */
export function waitForStatus(task: TaskContext, id: string, patient: () => boolean): Promise<number | undefined>
export async function waitForStatus(
  task: TaskContext,
  id: string,
  patient?: () => boolean,
): Promise<number | undefined> {
  try {
    return await heard(task, () => statusUnlessFallen(task, id), patient ?? (() => true))
  } catch (error) {
    if (error instanceof ShellKilled) await endWhatIsLeft(task, id)
    throw error
  }
}

function statusUnlessFallen(task: TaskContext, id: string): number | undefined {
  const fell = task.lane.fell(id)
  const status = statusOf(task.folder, id)
  if (fell && status === undefined) throw new ShellKilled()
  return status
}

/** Nobody would hear of its end, or know that it runs beside the steps that follow. */
async function endWhatIsLeft(task: TaskContext, id: string): Promise<void> {
  const stop = `${id}k`
  const prologue = `/bin/sh "$RONDO_IO/stop.sh" "$RONDO_IO" ${id} KILL\n`
  await launchBeside(task, { id: stop, out: `${stop}.out`, prologue })
  // Best effort, both: what is left goes with the job's environment.
  await task.executor.killAsRoot?.(task.state, id).catch(() => {})
  const deadline = performance.now() + endedWithinMs
  await heard(
    task,
    () => statusOf(task.folder, stop),
    () => performance.now() < deadline,
  )
}

/** Waits until what the supervisor says answers a question. */
function heard<T>(task: TaskContext, look: () => T | undefined): Promise<T>
function heard<T>(task: TaskContext, look: () => T | undefined, patient: () => boolean): Promise<T | undefined>
async function heard<T>(task: TaskContext, look: () => T | undefined, patient = () => true): Promise<T | undefined> {
  for (let checked = performance.now(); ; ) {
    task.signal.throwIfAborted()
    const answer = look()
    if (answer !== undefined || !patient()) return answer
    await task.notices.changed()
    if (performance.now() - checked > 2_000) {
      checked = performance.now()
      const health = await task.executor.health(task.state)
      if (!health.alive && look() === undefined) throw new EnvironmentGone(whyGone(task, health))
    }
  }
}

/** What the job itself did to its environment, if it did. */
function whyGone(task: TaskContext, { outOfMemory, byItself }: Health): string | undefined {
  if (outOfMemory) return `The job was stopped because ${tooMuchMemory(task)}. Choose a larger resource_class.`
  const full = limitsHit(task).processes > 0 || task.folder.progress.couldNotFork()
  if (full) return `The job was stopped because ${tooManyProcesses}.`
  if (!byItself) return undefined
  const what = task.executor.kind === 'docker' ? "job's container" : "job's sandbox"
  return `The ${what} ended while a step ran, because something in the job ended the processes that keep it (pkill sh and kill -9 -1 do that). No step could follow.`
}

/** The job killed the shell that runs its steps, and another has taken its place. */
export class ShellKilled extends Error {
  constructor() {
    super(
      'The shell that runs the steps of this job was killed while this step ran, by something in the job (kill -9 $PPID does that). Nobody can tell how the step would have ended, so it failed, and what it had started was ended. Steps that run after failures follow.',
    )
  }
}

/** The job's environment ended under it. */
export class EnvironmentGone extends Error {
  readonly byJob: boolean

  /** `why`: a sentence, if it was the job's own doing. */
  constructor(why: string | undefined) {
    super(why ?? 'The environment of the job ended before its steps did.')
    this.byJob = why !== undefined
  }
}
