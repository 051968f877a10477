import { createHash } from 'node:crypto'
import type { Result, Step, StepWhen } from '@rondo/model'
import { EnvironmentGone, statusOf } from './launch.ts'
import { createOutputPump, type OutputPump } from './output/pump.ts'
import { restoreCache, saveCache } from './steps/caches.ts'
import { checkout } from './steps/checkout.ts'
import { storeArtifacts, storeTestResults } from './steps/results.ts'
import { runStep, startBackground } from './steps/run.ts'
import { attachWorkspace, persistToWorkspace } from './steps/workspaces.ts'
import { failed, type StepEnd, type StopReason, type TaskContext } from './task-context.ts'

/** Steps 0 and 1 are our own; the config's first step is number 2. */
export const firstConfigStep = 2

export interface TaskEnd {
  readonly result: Result
  readonly message: string | null
}

interface Background {
  readonly id: string
  readonly index: number
  readonly pump: OutputPump
}

/**
 * Runs the steps of a task in order, from where its journal ends. After a failure only steps that ask for it run, and
 * those that store results; after a stop nothing of the user's does (ledger I-008).
 */
export async function runSteps(task: TaskContext): Promise<TaskEnd> {
  let end: TaskEnd = { result: 'passed', message: null }
  const background: Background[] = []
  const done = new Map(
    task.journal.entries.flatMap((entry) => (entry.type === 'step-finished' ? [[entry.step, entry] as const] : [])),
  )
  try {
    for (const [position, step] of task.spec.job.steps.entries()) {
      const index = position + firstConfigStep
      const before = done.get(index)
      if (before !== undefined) {
        if (before.result !== 'passed' && end.result === 'passed') end = { result: before.result, message: null }
        continue
      }
      if (await halted(task)) break
      if (!shouldRun(step, end.result !== 'passed')) continue
      if (step.type === 'run' && step.background) {
        background.push(await beginBackground(task, step, index))
        continue
      }
      const result = await runOne(task, step, index)
      if (result !== 'passed' && end.result === 'passed')
        end = { result: result === 'timed-out' ? 'timed-out' : 'failed', message: null }
    }
  } catch (error) {
    end = endOf(task, error)
  }
  for (const running of background) await endBackground(task, running)
  return end
}

function endOf(task: TaskContext, error: unknown): TaskEnd {
  const reason = task.signal.reason as StopReason
  if (task.signal.aborted && reason !== 'shutdown')
    return {
      result: reason === 'timed-out' ? 'timed-out' : 'canceled',
      message: reason === 'timed-out' ? 'The job ran longer than its time limit.' : null,
    }
  if (error instanceof EnvironmentGone) return { result: error.outOfMemory ? 'failed' : 'lost', message: error.message }
  throw error
}

const whenOf: Readonly<Partial<Record<Step['type'], StepWhen>>> = {
  store_artifacts: 'always',
  store_test_results: 'always',
}

function shouldRun(step: Step, hasFailed: boolean): boolean {
  const when = 'when' in step ? step.when : (whenOf[step.type] ?? 'on_success')
  return when === 'always' || (when === 'on_fail') === hasFailed
}

async function halted(task: TaskContext): Promise<boolean> {
  return (await task.folder.readSmall('halt')) !== undefined
}

async function open(task: TaskContext, step: Step, index: number): Promise<OutputPump> {
  await task.folder.append(`s${index}.out`, '')
  const known = task.journal.entries.some((entry) => entry.type === 'step-started' && entry.step === index)
  if (!known) {
    task.reporter.report({
      type: 'step-started',
      step: index,
      name: nameOf(step),
      kind: step.type,
      command: step.type === 'run' ? step.command : null,
      background: step.type === 'run' && step.background,
      at: new Date().toISOString(),
    })
  }
  return createPump(task, index)
}

export function createPump(task: TaskContext, index: number): OutputPump {
  const { spec } = task
  return createOutputPump(
    task.controlPlane,
    task.folder,
    {
      ref: spec,
      step: index,
      file: `s${index}.out`,
      secrets: spec.secrets,
      maxBytes: spec.limits.maxOutputBytesPerStep,
      announced: () => task.reporter.acknowledged(),
    },
    task.signal,
  )
}

async function runOne(task: TaskContext, step: Step, index: number): Promise<StepEnd['result']> {
  const pump = await open(task, step, index)
  let ended = false
  void (async () => {
    while (!ended) {
      pump.poke()
      await task.changed()
    }
  })()
  let end: StepEnd = { result: 'canceled', exitCode: null }
  try {
    end = await execute(task, step, index, pump)
  } finally {
    // Not waited for: it ends by itself at the next hint, and a step must not.
    ended = true
    await close(task, index, pump, end)
  }
  return end.result
}

/** The last of a step: all its output durable, then its end reported. A stop does not wait for either. */
export async function close(task: TaskContext, index: number, pump: OutputPump, end: StepEnd): Promise<void> {
  if (task.signal.aborted && task.signal.reason === 'shutdown') return
  const totals = await pump
    .finish(await endedScripts(task, `s${index}.out`))
    .catch(() => ({ bytes: 0, sha256: createHash('sha256').digest('hex'), truncated: false }))
  if (task.signal.reason === 'shutdown') return
  task.reporter.report({
    type: 'step-finished',
    step: index,
    result: end.result,
    exitCode: end.exitCode,
    outputBytes: totals.bytes,
    outputSha256: totals.sha256,
    truncated: totals.truncated,
    at: new Date().toISOString(),
  })
}

async function execute(task: TaskContext, step: Step, index: number, pump: OutputPump): Promise<StepEnd> {
  switch (step.type) {
    case 'run':
      return runStep(task, step, index, pump)
    case 'checkout':
      return checkout(task, step, index)
    case 'save_cache':
      return saveCache(task, step, index)
    case 'restore_cache':
      return restoreCache(task, step, index)
    case 'persist_to_workspace':
      return persistToWorkspace(task, step, index)
    case 'attach_workspace':
      return attachWorkspace(task, step, index)
    case 'store_artifacts':
      return storeArtifacts(task, step, index)
    case 'store_test_results':
      return storeTestResults(task, step, index)
    case 'add_ssh_keys':
    case 'setup_remote_docker':
    case 'unsupported':
      await task.folder.append(
        `s${index}.out`,
        `The step ${step.type === 'unsupported' ? step.keyword : step.type} is not available on this installation. Remove it from the config, or run this job where it is.\n`,
      )
      return failed
  }
}

async function beginBackground(
  task: TaskContext,
  step: Extract<Step, { type: 'run' }>,
  index: number,
): Promise<Background> {
  const pump = await open(task, step, index)
  const id = await startBackground(task, step, index)
  const follow = setInterval(() => pump.poke(), 100)
  task.signal.addEventListener('abort', () => clearInterval(follow), { once: true })
  return { id, index, pump: stopping(pump, () => clearInterval(follow)) }
}

function stopping(pump: OutputPump, stop: () => void): OutputPump {
  return {
    ...pump,
    finish(scripts) {
      stop()
      return pump.finish(scripts)
    },
  }
}

/** Scripts that printed into a file and have ended: their marks are in it, or on the way. */
async function endedScripts(task: TaskContext, out: string): Promise<readonly string[]> {
  const launched = task.journal.notes.flatMap((note) => (note.type === 'launched' && note.out === out ? [note.id] : []))
  const statuses = await Promise.all(launched.map((id) => statusOf(task, id)))
  return launched.filter((_id, index) => statuses[index] !== undefined)
}

/** A step in the background ends with the job: still running is no failure. */
async function endBackground(task: TaskContext, running: Background): Promise<void> {
  const status = await statusOf(task, running.id)
  if (status === undefined) await task.folder.command(`kill ${running.id} TERM`).catch(() => {})
  await close(task, running.index, running.pump, {
    result: status === undefined || status === 0 ? 'passed' : 'failed',
    exitCode: status ?? null,
  })
}

const defaultNames: Readonly<Record<Exclude<Step['type'], 'run' | 'unsupported'>, string>> = {
  checkout: 'Checkout code',
  save_cache: 'Saving Cache',
  restore_cache: 'Restoring Cache',
  persist_to_workspace: 'Persisting to Workspace',
  attach_workspace: 'Attaching workspace',
  store_artifacts: 'Uploading artifacts',
  store_test_results: 'Uploading test results',
  add_ssh_keys: 'Installing additional ssh keys',
  setup_remote_docker: 'Setup a remote Docker engine',
}

/** Display name of a step (semantics 26): for a command without a name its first line. */
export function nameOf(step: Step): string {
  if (step.name !== undefined) return step.name
  if (step.type === 'run') return step.command.trim().split('\n')[0]?.slice(0, 200) || 'run'
  return step.type === 'unsupported' ? step.keyword : defaultNames[step.type]
}
