import { AppError, type Step } from '@rondo/model'
import type { OutputPump } from '../output/pump.ts'
import { failed, type StepEnd, stoppedAs } from '../reports/endings.ts'
import type { StepHeading } from '../reports/step-recorder.ts'
import { addSshKeys } from '../steps/add-ssh-keys.ts'
import { restoreCache, saveCache } from '../steps/caches.ts'
import { checkout } from '../steps/checkout.ts'
import { othersPassed } from '../steps/other-slices.ts'
import { storeArtifacts, storeTestResults } from '../steps/results.ts'
import { runStep } from '../steps/run.ts'
import { attachWorkspace, persistToWorkspace } from '../steps/workspaces.ts'
import { EnvironmentGone, ShellKilled } from '../task/launch.ts'
import type { TaskContext } from '../task/task-context.ts'

export function headingOf(step: Step): StepHeading {
  return {
    name: nameOf(step),
    kind: step.type,
    command: step.type === 'run' ? step.command : null,
    background: step.type === 'run' && step.background,
  }
}

/** Runs one step of the config, from its beginning to its end. When it passes, those after it follow if `goesOn`. */
export async function runOne(task: TaskContext, step: Step, index: number, goesOn: boolean): Promise<StepEnd> {
  const open = task.steps.begin(index, headingOf(step))
  let end: StepEnd | undefined
  try {
    end = await execute(task, step, index, { pump: open.pump, goesOn }).catch((error) =>
      failInWords(task, open.out, error),
    )
    return end
  } catch (error) {
    if (error instanceof EnvironmentGone && error.byJob && !task.signal.aborted) {
      task.folder.append(open.out, `\n${error.message}\n`)
      end = failed
    }
    throw error
  } finally {
    open.end(end ?? { result: stoppedAs(task.signal), exitCode: null })
  }
}

/** What goes wrong in one step fails that step; steps that always run still do. */
function failInWords(task: TaskContext, out: string, error: unknown): StepEnd {
  const ends = error instanceof EnvironmentGone || (error instanceof AppError && error.code === 'gone')
  if (ends || task.signal.aborted) throw error
  const words = error instanceof Error ? error.message : error
  task.folder.append(
    out,
    error instanceof ShellKilled ? `\n${words}\n` : `\nThe step could not be carried out: ${words}\n`,
  )
  return failed
}

async function execute(
  task: TaskContext,
  step: Step,
  index: number,
  run: { readonly pump: OutputPump; readonly goesOn: boolean },
): Promise<StepEnd> {
  switch (step.type) {
    case 'run':
      if (step.deploy === true && !(await othersPassed(task, `s${index}.out`))) return failed
      return runStep(task, step, index, run)
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

/** Display name of a step (semantics 26): for a command without a name, or whose parameter left it empty, its first line. */
export function nameOf(step: Step): string {
  if (step.name !== undefined && step.name.trim() !== '') return step.name
  if (step.type === 'run') return step.command.trim().split('\n')[0]?.slice(0, 200) || 'run'
  return step.type === 'unsupported' ? step.keyword : defaultNames[step.type]
}
