import { setTimeout as sleep } from 'node:timers/promises'
import { endMark } from '../output/end-marks.ts'
import { waitBriefly } from '../room/wait-briefly.ts'
import { whenRoom } from '../room/when-room.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import type { Script } from './lane.ts'
import { limitsHit, tooManyProcesses, tooMuchMemory } from './limits-hit.ts'
import type { TaskContext } from './task-context.ts'

/** An end mark follows its script's exit at once, unless the job's environment died with it. */
const printedWithinMs = 1_000

/**
 * Starts a script in the job's queue, once: a script that was started before the agent died is found, not started again.
 * Answers whether the supervisor had gone on with it by itself.
 */
export async function launch(task: TaskContext, script: Script): Promise<boolean> {
  const known = wasLaunched(task, script.id)
  if (!known) await noteLaunch(task, script)
  // The supervisor knows what it has begun: what is asked for twice runs once.
  if (known && task.folder.progress.began(script.id)) return false
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
export function waitForStatus(task: TaskContext, id: string, patient?: () => boolean): Promise<number | undefined> {
  return heard(task, () => statusOf(task.folder, id), patient ?? (() => true))
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
      if (!health.alive && look() === undefined) throw new EnvironmentGone(whyGone(task, health.outOfMemory))
    }
  }
}

/** What the job itself did to its environment, if it did. */
function whyGone(task: TaskContext, outOfMemory: boolean): string | undefined {
  if (outOfMemory) return `The job was stopped because ${tooMuchMemory(task)}. Choose a larger resource_class.`
  const full = limitsHit(task).processes > 0 || task.folder.progress.couldNotFork()
  return full ? `The job was stopped because ${tooManyProcesses}.` : undefined
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
