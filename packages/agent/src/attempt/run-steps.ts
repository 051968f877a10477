import { AppError, type Result, type Step, type StepWhen } from '@rondo/model'
import type { OutputPump } from '../output/pump.ts'
import { failed, type StepEnd, type StopReason } from '../reports/endings.ts'
import type { OpenStep, StepHeading } from '../reports/step-recorder.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import { addSshKeys } from '../steps/add-ssh-keys.ts'
import { restoreCache, saveCache } from '../steps/caches.ts'
import { checkout } from '../steps/checkout.ts'
import { storeArtifacts, storeTestResults } from '../steps/results.ts'
import { runStep, startBackground } from '../steps/run.ts'
import { attachWorkspace, persistToWorkspace } from '../steps/workspaces.ts'
import { EnvironmentGone } from '../task/launch.ts'
import { firstConfigStep, type TaskContext } from '../task/task-context.ts'

export interface TaskEnd {
  readonly result: Result
  readonly message: string | null
}

interface Background {
  readonly id: string
  readonly open: OpenStep
}

/**
 * Runs the steps of a task in order, from where its journal ends. After a failure only steps that ask for it run, and
 * those that store results; after a stop nothing of the user's does (ledger I-008).
 */
export async function runSteps(task: TaskContext): Promise<TaskEnd> {
  let end: TaskEnd = { result: 'passed', message: null }
  const background: Background[] = []
  const first = firstConfigStep(task)
  try {
    for (const [position, step] of task.spec.job.steps.entries()) {
      const index = position + first
      const before = task.steps.ended.get(index)
      if (before === undefined) {
        if (halted(task)) break
        if (!shouldRun(step, end.result !== 'passed')) continue
        if (isForFirstSlice(step) && task.spec.taskIndex > 0) continue
        if (step.type === 'run' && step.background) {
          background.push(await beginBackground(task, step, index))
          continue
        }
      }
      const { result } = before ?? (await runOne(task, step, index))
      if (result !== 'passed' && end.result === 'passed')
        end = { result: result === 'timed-out' ? 'timed-out' : 'failed', message: null }
    }
  } catch (error) {
    end = endOf(task, error)
  }
  for (const running of background) endBackground(task, running)
  await task.steps.settled()
  return end
}

/** The deprecated `deploy` acts once, however many slices there are (semantics 14). */
function isForFirstSlice(step: Step): boolean {
  return step.type === 'run' && step.deploy === true
}

const unheardMessage =
  'The agent could not reach the server for so long that this job may be run anew elsewhere, so it stopped the job.'

function endOf(task: TaskContext, error: unknown): TaskEnd {
  const reason = task.signal.reason as StopReason
  if (task.signal.aborted && reason === 'unheard') return { result: 'lost', message: unheardMessage }
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

function halted(task: TaskContext): boolean {
  return task.folder.readSmall('halt') !== undefined
}

function headingOf(step: Step): StepHeading {
  return {
    name: nameOf(step),
    kind: step.type,
    command: step.type === 'run' ? step.command : null,
    background: step.type === 'run' && step.background,
  }
}

async function runOne(task: TaskContext, step: Step, index: number): Promise<StepEnd> {
  const open = task.steps.begin(index, headingOf(step))
  let end: StepEnd = { result: 'canceled', exitCode: null }
  try {
    end = await execute(task, step, index, open.pump).catch((error) => failInWords(task, open.out, error))
  } finally {
    open.end(end)
  }
  return end
}

/** What goes wrong in one step fails that step; steps that always run still do. */
function failInWords(task: TaskContext, out: string, error: unknown): StepEnd {
  const ends = error instanceof EnvironmentGone || (error instanceof AppError && error.code === 'gone')
  if (ends || task.signal.aborted) throw error
  task.folder.append(out, `\nThe step could not be carried out: ${error instanceof Error ? error.message : error}\n`)
  return failed
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
      return addSshKeys(task, step, index)
    case 'setup_remote_docker':
    case 'unsupported':
      task.folder.append(
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
  const open = task.steps.begin(index, headingOf(step))
  return { id: await startBackground(task, step, index), open }
}

/** A step in the background ends with the job: still running is no failure. */
function endBackground(task: TaskContext, running: Background): void {
  const status = statusOf(task.folder, running.id)
  if (status === undefined && !task.signal.aborted) task.folder.command(`kill ${running.id} TERM`)
  running.open.end({ result: status === undefined || status === 0 ? 'passed' : 'failed', exitCode: status ?? null })
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
