import { setTimeout as sleep } from 'node:timers/promises'
import type { EnvironmentEntry } from '@rondo/model'
import { endMark } from '../output/end-marks.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import { exports, quote, shellPath } from './shell.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Starts a script in the job, once: a script that was started before the agent died is found, not started again. `command`
 * is a second file beside it, for a script that hands over to another program.
 */
export async function launch(
  task: TaskContext,
  id: string,
  out: string,
  script: string,
  command?: string,
): Promise<void> {
  if (wasLaunched(task, id) && (task.folder.readSmall(`${id}.pid`) !== undefined || (await settles(task, id)))) return
  task.folder.create(`${id}.sh`, script)
  if (command !== undefined) task.folder.create(`${id}.cmd`, command)
  task.journal.note({ type: 'launched', id, out })
  task.folder.command(`run ${id} ${out}`)
}

export function wasLaunched(task: TaskContext, id: string): boolean {
  return task.journal.notes.some((note) => note.type === 'launched' && note.id === id)
}

/** The command may have been on its way to the supervisor when the agent died. */
async function settles(task: TaskContext, id: string): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    if (task.folder.readSmall(`${id}.pid`) !== undefined) return true
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
  await launch(task, id, out, `${preamble(task, [])}${script}\n`)
  return waitForStatus(task, id)
}

export async function waitForStatus(task: TaskContext, id: string): Promise<number> {
  for (let looked = performance.now(); ; ) {
    task.signal.throwIfAborted()
    const status = statusOf(task.folder, id)
    if (status !== undefined) return status
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

/** Variables and folder every script of the job starts with. Precedence rises from project to step (semantics 24). */
export function preamble(task: TaskContext, environment: readonly EnvironmentEntry[], directory?: string): string {
  const { spec, executor } = task
  const workingDirectory = spec.job.workingDirectory ?? '~/project'
  return [
    `export RONDO_IO=${quote(executor.ioPath)} BASH_ENV=${quote(`${executor.ioPath}/bash_env`)}\n`,
    exports(spec.environment),
    exports(spec.job.environment),
    exports(environment),
    'export PATH="$RONDO_IO/bin:$PATH"\n',
    `wd=${shellPath(workingDirectory)}\n{ [ -d "$wd" ] || mkdir -p "$wd"; } && cd "$wd" || { echo "The working directory $wd cannot be made."; exit 1; }\n`,
    'export CIRCLE_WORKING_DIRECTORY="$wd"\n',
    directory === undefined ? '' : `cd ${shellPath(directory)} || exit 1\n`,
  ].join('')
}
