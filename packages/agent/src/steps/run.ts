import { setTimeout as sleep } from 'node:timers/promises'
import type { RunStep } from '@rondo/model'
import type { OutputPump } from '../output/pump.ts'
import type { StepEnd } from '../reports/endings.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import { launch, printedAll, waitForStatus, wasLaunched } from '../task/launch.ts'
import { stepPrologue } from '../task/scripts.ts'
import { firstConfigStep, type TaskContext } from '../task/task-context.ts'

const killAfterMs = 5_000

/** Starts a step's command; `attempt` counts automatic reruns of the step. */
async function start(task: TaskContext, step: RunStep, index: number, attempt: number): Promise<string> {
  const id = idOf(index, attempt)
  const next = step.background ? undefined : following(task, index)
  await launch(task, {
    id,
    out: `s${index}.out`,
    prologue: stepPrologue(step.environment, step.workingDirectory, step.shell ?? task.spec.job.shell),
    command: commandOf(step),
    background: step.background,
    ...(next === undefined ? {} : { next: next.id }),
  })
  if (next !== undefined) task.scripts.prepare(next.id, commandOf(next.step))
  return id
}

function commandOf(step: RunStep): string {
  return `${step.command}\n`
}

/** The step that runs a command next, unless this one fails. */
function following(task: TaskContext, index: number): { readonly id: string; readonly step: RunStep } | undefined {
  const { steps } = task.spec.job
  const first = firstConfigStep(task)
  for (let position = index - first + 1; position < steps.length; position++) {
    const step = steps[position]!
    if (step.type === 'run' && !step.background && !step.deploy && step.when !== 'on_fail')
      return { id: idOf(position + first, 0), step }
  }
  return undefined
}

function idOf(index: number, attempt: number): string {
  return attempt === 0 ? `s${index}` : `s${index}r${attempt}`
}

/** Runs a command and waits for its end; stops it when it stays silent for too long. */
export async function runStep(task: TaskContext, step: RunStep, index: number, pump: OutputPump): Promise<StepEnd> {
  for (let attempt = 0; ; attempt++) {
    const kills = task.executor.memoryKills(task.state)
    const id = await start(task, step, index, attempt)
    const end = await waitWithTimeout(task, step, id, pump)
    if (end.result === 'passed') return end
    await printedAll(task, id, `s${index}.out`)
    if (end.result !== 'failed' || attempt >= step.maxAutoReruns) {
      task.folder.append(`s${index}.out`, explanation(step, end, task.executor.memoryKills(task.state) > kills))
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

/** Starts a command and goes on; answers its id. */
export async function startBackground(task: TaskContext, step: RunStep, index: number): Promise<string> {
  return start(task, step, index, 0)
}

async function waitWithTimeout(task: TaskContext, step: RunStep, id: string, pump: OutputPump): Promise<StepEnd> {
  const begun = performance.now()
  const quiet = () => performance.now() - Math.max(begun, pump.lastGrowth())
  const status = await waitForStatus(task, id, () => quiet() < step.noOutputTimeoutMs)
  if (status !== undefined) return { result: status === 0 ? 'passed' : 'failed', exitCode: status }
  await kill(task, id)
  return { result: 'timed-out', exitCode: null }
}

/** Asks first. In the end nothing is left, whatever it ignores and wherever it went. */
async function kill(task: TaskContext, id: string): Promise<void> {
  task.folder.command(`kill ${id} TERM`)
  for (const deadline = performance.now() + killAfterMs; performance.now() < deadline; await sleep(50)) {
    if (statusOf(task.folder, id) !== undefined) break
  }
  task.folder.command(`kill ${id} KILL`)
  await task.executor.killAsRoot?.(task.state, id)
}

function explanation(step: RunStep, end: StepEnd, outOfMemory: boolean): string {
  if (end.result === 'timed-out')
    return `\nToo long with no output (exceeded ${duration(step.noOutputTimeoutMs)}): the step was stopped\n`
  if (outOfMemory)
    return `\nThe command was killed, or a program it started was, because the job used more memory than its resource class allows (exit code ${end.exitCode}). Choose a larger resource_class.\n`
  return `\nExited with code exit status ${end.exitCode}\n`
}

function duration(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)}m${Math.round((ms % 60_000) / 1000)}s`
  return `${ms / 1000}s`
}
