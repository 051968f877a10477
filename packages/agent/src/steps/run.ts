import { setTimeout as sleep } from 'node:timers/promises'
import type { RunStep } from '@rondo/model'
import { launch, preamble, statusOf, waitForStatus } from '../launch.ts'
import type { OutputPump } from '../output-pump.ts'
import { quote } from '../shell.ts'
import type { StepEnd, TaskContext } from '../task-context.ts'

const killAfterMs = 5_000

/** Shell for steps that name none: bash when the image has it, else its `sh`, with `pipefail` where that is known. */
const findShell = [
  'if [ -x /bin/bash ]; then set -- /bin/bash -eo pipefail',
  'elif (set -o pipefail) 2>/dev/null; then set -- /bin/sh -eo pipefail',
  'else set -- /bin/sh -e; fi',
].join('\n')

function script(task: TaskContext, step: RunStep, id: string): string {
  const shell = step.shell ?? task.spec.job.shell
  const choose = shell === undefined ? findShell : `set -- ${shell}`
  return `${preamble(task, step.environment, step.workingDirectory)}${choose}\nexec "$@" ${quote(`${task.executor.ioPath}/${id}.cmd`)}\n`
}

/** Starts a step's command; `attempt` counts automatic reruns of the step. */
async function start(task: TaskContext, step: RunStep, index: number, attempt: number): Promise<string> {
  const id = attempt === 0 ? `s${index}` : `s${index}r${attempt}`
  await task.folder.create(`${id}.cmd`, `${step.command}\n`)
  await launch(task, id, `s${index}.out`, script(task, step, id))
  return id
}

/** Runs a command and waits for its end; stops it when it stays silent for too long. */
export async function runStep(task: TaskContext, step: RunStep, index: number, pump: OutputPump): Promise<StepEnd> {
  for (let attempt = 0; ; attempt++) {
    const id = await start(task, step, index, attempt)
    const end = await waitWithTimeout(task, step, id, pump)
    if (end.result !== 'failed' || end.exitCode === null || attempt >= step.maxAutoReruns) {
      await explain(task, index, end)
      return end
    }
    await task.folder.append(
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
  const waiting = waitForStatus(task, id).then((status) => ({ status }))
  waiting.catch(() => {})
  const begun = performance.now()
  for (;;) {
    const quiet = performance.now() - Math.max(begun, pump.lastGrowth())
    if (quiet >= step.noOutputTimeoutMs) {
      await kill(task, id)
      await task.folder.append(
        `${id.replace(/r\d+$/, '')}.out`,
        `\nToo long with no output (exceeded ${duration(step.noOutputTimeoutMs)}): the step was stopped\n`,
      )
      return { result: 'timed-out', exitCode: null }
    }
    const ended = await Promise.race([
      waiting,
      sleep(Math.min(1_000, step.noOutputTimeoutMs - quiet)).then(() => undefined),
    ])
    if (ended !== undefined) return { result: ended.status === 0 ? 'passed' : 'failed', exitCode: ended.status }
  }
}

async function kill(task: TaskContext, id: string): Promise<void> {
  await task.folder.command(`kill ${id} TERM`)
  for (const deadline = performance.now() + killAfterMs; performance.now() < deadline; await sleep(50)) {
    if ((await statusOf(task, id)) !== undefined) return
  }
  await task.folder.command(`kill ${id} KILL`)
}

async function explain(task: TaskContext, index: number, end: StepEnd): Promise<void> {
  if (end.result !== 'failed') return
  const memory = end.exitCode === 137 && (await task.executor.health(task.state)).outOfMemory
  await task.folder.append(
    `s${index}.out`,
    memory
      ? '\nThe command was killed because the job used more memory than its resource class allows (exit code 137). Choose a larger resource_class.\n'
      : `\nExited with code exit status ${end.exitCode}\n`,
  )
}

function duration(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)}m${Math.round((ms % 60_000) / 1000)}s`
  return `${ms / 1000}s`
}
