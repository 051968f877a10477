import { setTimeout as sleep } from 'node:timers/promises'
import { type Executor, ExecutorRefusal, type ExecutorState } from '../executors/executor.ts'
import { passed, stoppedAs } from '../reports/endings.ts'
import type { Journal } from '../reports/journal.ts'
import type { OpenStep, StepHeading } from '../reports/step-recorder.ts'
import { requireRoom } from '../room/require-room.ts'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import { jobPrologue } from '../task/scripts.ts'
import type { TaskBase, TaskContext } from '../task/task-context.ts'
import { faultOf } from './fault.ts'
import { type TaskEnd, unheardMessage } from './run-steps.ts'
import { timeIsUp } from './time-is-up.ts'

/** The profiles that login shells read (`bash --login`) set a PATH of their own; bash reads this file after them. */
const bashEnv = 'case ":$PATH:" in *":$RONDO_IO/bin:"*) ;; *) export PATH="$RONDO_IO/bin:$PATH" ;; esac\n'

type Environment = TaskEnd | { readonly state: ExecutorState }

/** Where an earlier agent had the task running; undefined when none came so far. */
export function executorState(journal: Journal): ExecutorState | undefined {
  return journal.notes.findLast((note) => note.type === 'executor')?.state
}

const heading: StepHeading = { name: 'Spin up environment', kind: 'spin_up', command: null, background: false }

/** The environment an earlier agent left, or a new one. */
export async function openEnvironment(base: TaskBase): Promise<Environment> {
  const known = executorState(base.journal)
  if (known === undefined) return spinUp(base)
  if (!(await base.executor.adopt(known, base.folder)))
    return { result: 'lost', message: 'The environment of the job was gone when the agent came back.' }
  if (base.steps.ended.has(0)) return { state: known }
  const step = base.steps.begin(0, heading)
  await supervisorReady(base.folder, base.executor, known, base.signal)
  step.end(passed)
  return { state: known }
}

/** Step 0: prepares the executor, telling what it does. */
async function spinUp(base: TaskBase): Promise<Environment> {
  const { executor, folder, signal, spec } = base
  const step = base.steps.begin(0, heading)
  folder.create('bash_env', bashEnv, 0o666)
  const say = tellOnce(folder, step)
  try {
    say(`Executor ${executor.kind}`)
    const state = await executor.prepare(spec, folder, say, signal)
    folder.create('job.sh', jobPrologue(base, state.prologue))
    base.journal.note({ type: 'executor', kind: executor.kind, state })
    reportImages(base, state)
    // On a full disk the job is better begun elsewhere, or later, than here once there is room.
    await requireRoom(folder.root)
    // Whatever happens to this machine from here on, no agent starts the job's own code a second time (rule D-01).
    await base.journal.synced(signal)
    await supervisorReady(folder, executor, state, signal)
    step.end(passed)
    return { state }
  } catch (error) {
    const canceled = signal.aborted
    const message =
      error instanceof ExecutorRefusal
        ? error.message
        : canceled
          ? stopWords(base)
          : `The environment could not be prepared: ${faultOf(error, folder.root)}`
    const shutdown = signal.reason === 'shutdown'
    if (!shutdown) lastWord(say, message)
    const result = canceled ? stoppedAs(signal) : 'failed'
    step.end({ result, exitCode: null })
    if (shutdown) throw error
    if (signal.reason === 'unheard') return { result: 'lost', message, unbegun: true }
    if (canceled || error instanceof ExecutorRefusal) return { result, message }
    return { result: 'lost', message, unbegun: true }
  }
}

function stopWords({ signal, spec }: TaskBase): string {
  if (signal.reason === 'timed-out') return `${timeIsUp(spec)} Its environment was still being prepared.`
  if (signal.reason === 'unheard') return unheardMessage
  return 'Stopped while the environment was prepared.'
}

/** What cannot even be said, for the disk is full, is still told as the job's end. */
function lastWord(say: (line: string) => void, message: string): void {
  try {
    say(message)
  } catch {
    // Best effort.
  }
}

/** Says lines, but not again what an agent that died over the same words said before. */
function tellOnce(folder: TaskFolder, step: OpenStep): (line: string) => void {
  let before = folder.readSmall(step.out) ?? ''
  return (line) => {
    const text = `${line}\n`
    if (before.startsWith(text)) {
      before = before.slice(text.length)
      return
    }
    if (before !== '')
      folder.appendNow(step.out, 'The agent was restarted here: the environment is prepared once more.\n')
    before = ''
    // It is sent when the folder tells of it, so that what is asked of the engine at the same time goes first.
    folder.appendNow(step.out, text)
  }
}

/** Which images the names in the config stood for: kept with the job, and for its reruns. */
function reportImages({ executor, reporter }: TaskBase, state: ExecutorState): void {
  for (const [position, { image, digest }] of (executor.images?.(state) ?? []).entries())
    reporter.report({ type: 'image-resolved', position, image, digest })
}

async function supervisorReady(
  folder: TaskFolder,
  executor: Executor,
  state: ExecutorState,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; folder.readSmall('ready') === undefined; tries++) {
    signal.throwIfAborted()
    await sleep(tries < 100 ? 2 : 50)
    if (tries % 50 !== 49 || (await executor.health(state)).alive) continue
    if (folder.readSmall('ready') !== undefined) return
    await requireRoom(folder.root)
    throw new ExecutorRefusal(
      (await executor.startFailure?.(state)) ??
        'The image could not run /bin/sh as its user. Use an image that has a shell.',
    )
  }
}

/** Step 1: names of the variables the job gets, never their values. */
export function announceVariables(task: TaskContext): void {
  if (task.steps.ended.has(1)) return
  const known = task.steps.known(1)
  const step = task.steps.begin(1, {
    name: 'Preparing environment variables',
    kind: 'prepare_environment',
    command: null,
    background: false,
  })
  const names = [...new Set([...task.spec.environment, ...task.spec.job.environment].map((entry) => entry.name))].sort()
  if (!known || (task.folder.readSmall(step.out) ?? '') === '')
    task.folder.append(
      step.out,
      `Variables of this job; values of secrets are masked in all output:\n${names.map((name) => `  ${name}\n`).join('')}`,
    )
  step.end(passed)
}
