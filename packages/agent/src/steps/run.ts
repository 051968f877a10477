import { setTimeout as sleep } from 'node:timers/promises'
import type { RunStep } from '@rondo/model'
import type { OutputPump } from '../output/pump.ts'
import type { StepEnd } from '../reports/endings.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import type { Script } from '../task/lane.ts'
import { launch, launchBeside, printedAll, waitForStatus, wasLaunched } from '../task/launch.ts'
import { limitsHit, tooManyProcesses, tooMuchMemory } from '../task/limits-hit.ts'
import { stepPrologue } from '../task/scripts.ts'
import { firstConfigStep, type TaskContext } from '../task/task-context.ts'
import { duration } from './duration.ts'

/** Between asking and killing: with it a step that ignores the question ends within five seconds of its time (rule R-22). */
const killAfterMs = 4_000
/** Between killing and giving up. */
const stuckAfterMs = 10_000

function scriptOf(task: TaskContext, step: RunStep, index: number, attempt = 0): Script {
  return {
    id: idOf(index, attempt),
    out: `s${index}.out`,
    prologue: stepPrologue(step.environment, step.workingDirectory, step.shell ?? task.spec.job.shell),
    command: `${step.command}\n`,
  }
}

/** The scripts that run next if all pass, up to a step that is not for the supervisor alone. */
function* following(task: TaskContext, index: number): Generator<Script> {
  const { steps } = task.spec.job
  const first = firstConfigStep(task)
  for (let position = index - first + 1; position < steps.length; position++) {
    const step = steps[position]!
    if (step.type !== 'run' || step.background || step.deploy) break
    if (step.when === 'on_fail') continue
    yield scriptOf(task, step, position + first)
  }
}

/** Starts a step's command; answers whether the supervisor had gone on with it by itself. */
async function start(task: TaskContext, script: Script, index: number, goesOn: boolean): Promise<boolean> {
  const wentOn = await launch(task, script)
  if (goesOn) task.lane.giveAhead(script.id, following(task, index))
  return wentOn
}

function idOf(index: number, attempt: number): string {
  return attempt === 0 ? `s${index}` : `s${index}r${attempt}`
}

/** Whether the command of a step runs already, or ran: the supervisor goes on by itself after short ones. */
export function hasBegun(task: TaskContext, index: number): boolean {
  return task.folder.progress.began(idOf(index, 0))
}

/**
 * Runs a command and waits for its end; stops it when it stays silent for too long. When it passes and the job `goesOn`,
 * the commands that follow it may begin at once.
 */
export async function runStep(
  task: TaskContext,
  step: RunStep,
  index: number,
  { pump, goesOn }: { readonly pump: OutputPump; readonly goesOn: boolean },
): Promise<StepEnd> {
  for (let attempt = 0; ; attempt++) {
    const script = scriptOf(task, step, index, attempt)
    const wentOn = await start(task, script, index, goesOn)
    if (wentOn) pump.poke()
    const end = afterReruns(await waitWithTimeout(task, step, script.id, pump), attempt)
    if (end.result === 'passed') return end
    await printedAll(task, script.id, script.out)
    task.signal.throwIfAborted()
    if (end.result !== 'failed' || attempt >= step.maxAutoReruns) {
      explain(task, script.out, explanation(task, step, end))
      return end
    }
    // Said already, if the agent was restarted since.
    if (wasLaunched(task, idOf(index, attempt + 1))) continue
    task.folder.append(
      `s${index}.out`,
      `\nExited with code ${end.exitCode}; running the step again (${attempt + 1} of ${step.maxAutoReruns})\n`,
    )
    await sleep(step.autoRerunDelayMs, undefined, { signal: task.signal })
  }
}

function afterReruns(end: StepEnd, reruns: number): StepEnd {
  return reruns === 0 ? end : { ...end, reruns }
}

/** Starts a command and goes on; answers its id. */
export async function startBackground(task: TaskContext, step: RunStep, index: number): Promise<string> {
  const script = scriptOf(task, step, index)
  await launchBeside(task, script)
  return script.id
}

async function waitWithTimeout(task: TaskContext, step: RunStep, id: string, pump: OutputPump): Promise<StepEnd> {
  const begun = performance.now()
  const quiet = () => performance.now() - Math.max(begun, pump.lastGrowth())
  const status = await waitForStatus(task, id, () => quiet() < step.noOutputTimeoutMs)
  if (status !== undefined) return { result: status === 0 ? 'passed' : 'failed', exitCode: status }
  const killed = await kill(task, id)
  return { result: 'timed-out', exitCode: null, ...(killed ? {} : { stuck: true }) }
}

/**
 * Asks first. In the end nothing is left, whatever it ignores and wherever it went; but where it left no room for a
 * process nothing can be started to kill it, and the answer is no.
 */
async function kill(task: TaskContext, id: string): Promise<boolean> {
  task.folder.command(`kill ${id} TERM`)
  await endsWithin(task, id, killAfterMs)
  task.folder.command(`kill ${id} KILL`)
  // Best effort, as the supervisor's: what is left goes with the job's environment.
  await task.executor.killAsRoot?.(task.state, id).catch(() => {})
  return endsWithin(task, id, stuckAfterMs)
}

async function endsWithin(task: TaskContext, id: string, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms
  while (statusOf(task.folder, id) === undefined && performance.now() < deadline) {
    task.signal.throwIfAborted()
    await sleep(50)
  }
  return statusOf(task.folder, id) !== undefined
}

/** Says it once: the agent before this one may have, and then died. */
export function explain(task: TaskContext, out: string, text: string): void {
  if (!task.folder.readEnd(out).endsWith(text)) task.folder.append(out, text)
}

function explanation(task: TaskContext, step: RunStep, end: StepEnd): string {
  const { memory, processes } = limitsHit(task)
  const refused =
    processes > task.hits.before.processes
      ? `\nPrograms of the command could not start because ${tooManyProcesses}.`
      : ''
  if (end.result === 'timed-out')
    return `${refused}\nToo long with no output (exceeded ${duration(step.noOutputTimeoutMs)}): the step was stopped\n`
  if (memory > task.hits.before.memory)
    return `\nThe command was killed, or a program it started was, because ${tooMuchMemory(task)} (exit code ${end.exitCode}). Choose a larger resource_class.\n`
  return `${refused}\nExited with code exit status ${end.exitCode}\n`
}
