import { setTimeout as sleep } from 'node:timers/promises'
import { endMark } from '../output/end-marks.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import type { TaskContext } from './task-context.ts'

/** A script of the job, in files of the shared folder; see `supervisor.sh` for how it is run. */
export interface Script {
  readonly id: string
  /** File its output is appended to. */
  readonly out: string
  /** Lines read before the command; none are none. */
  readonly prologue: string
  /** What the shell is given that the prologue chose; without it the prologue is the whole script. */
  readonly command?: string
  /** Runs beside the scripts that follow one another. */
  readonly background?: boolean
  /** Id of the script that will likely follow; its output goes to a file of the same name. */
  readonly next?: string
}

/** Starts a script in the job, once: a script that was started before the agent died is found, not started again. */
export async function launch(task: TaskContext, script: Script): Promise<void> {
  const { id, out } = script
  if (wasLaunched(task, id) && (task.folder.progress.began(id) || (await settles(task, id)))) return
  const command = script.command === undefined ? undefined : task.scripts.command(script, script.command)
  const prologue = task.scripts.prologue(script)
  task.journal.note({ type: 'launched', id, out, ...(command === undefined ? {} : { command }) })
  const line = `run ${id} ${out} ${prologue} ${command ?? '-'} ${script.next ?? '-'}`
  if (script.background) task.folder.command(line)
  else task.folder.queue(line)
}

export function wasLaunched(task: TaskContext, id: string): boolean {
  return task.journal.notes.some((note) => note.type === 'launched' && note.id === id)
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
  for (const deadline = performance.now() + 1_000; performance.now() < deadline; await sleep(1)) {
    if (task.folder.readEnd(out).includes(mark)) return
  }
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
  patient: () => boolean = () => true,
): Promise<number | undefined> {
  for (let looked = performance.now(); ; ) {
    task.signal.throwIfAborted()
    const status = statusOf(task.folder, id)
    if (status !== undefined || !patient()) return status
    await task.notices.changed()
    if (performance.now() - looked > 2_000) {
      looked = performance.now()
      const health = await task.executor.health(task.state)
      if (!health.alive && statusOf(task.folder, id) === undefined) throw new EnvironmentGone(health.outOfMemory)
    }
  }
}

/** The job's environment ended under it. */
export class EnvironmentGone extends Error {
  readonly outOfMemory: boolean

  constructor(outOfMemory: boolean) {
    super(
      outOfMemory
        ? 'The job was stopped because it used more memory than its resource class allows. Choose a larger resource_class.'
        : 'The environment of the job ended before its steps did.',
    )
    this.outOfMemory = outOfMemory
  }
}
