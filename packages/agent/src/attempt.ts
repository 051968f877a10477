import { watch } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'
import type { AttemptRef, ControlPlane, TaskSpec } from '@rondo/protocol'
import { type Executor, ExecutorRefusal, type ExecutorState } from './executors/executor.ts'
import { type Journal, openJournal } from './journal.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { untilReachable } from './retry.ts'
import { close, createPump, runSteps, type TaskEnd } from './task.ts'
import type { StopReason, TaskContext } from './task-context.ts'
import { openTaskFolder, removeTaskFolder, type TaskFolder } from './task-folder.ts'

export interface AttemptDeps {
  readonly controlPlane: ControlPlane
  readonly executor: Executor
  readonly dataFolder: string
  readonly log: (message: string, fields?: Record<string, unknown>) => void
}

/**
 * Runs one attempt from its claim to its last acknowledged word, or goes on with one that a dead agent left. What was set
 * up is taken down again whatever happens, except at shutdown: then everything is left for the next agent.
 */
export async function runAttempt(deps: AttemptDeps, ref: AttemptRef, signal: AbortSignal): Promise<void> {
  const root = join(deps.dataFolder, 'tasks', ref.attemptId)
  const folder = await openTaskFolder(root)
  await writeFile(join(root, 'task.json'), JSON.stringify(ref), { mode: 0o600 })
  const journal = await openJournal(root)
  let leave = false
  let state: ExecutorState = executorState(journal) ?? {}
  try {
    const spec = await takeSpec(deps.controlPlane, ref, signal)
    const limit = setTimeout(() => (signal as StoppableSignal).stop?.('timed-out'), spec.limits.maxRunMs)
    const reporter = createReporter(deps.controlPlane, ref, journal, reportSignal(signal))
    try {
      const end = await execute(deps, spec, folder, journal, reporter, signal, (prepared) => {
        state = prepared
      })
      if (!journal.entries.some((entry) => entry.type === 'task-finished'))
        reporter.report({
          type: 'task-finished',
          result: end.result,
          message: end.message,
          at: new Date().toISOString(),
        })
      await reporter.acknowledged()
    } finally {
      clearTimeout(limit)
    }
  } catch (error) {
    leave = signal.aborted && signal.reason === 'shutdown'
    if (!leave && !(error instanceof AppError))
      deps.log('attempt ended by an error', {
        attempt: ref.attemptId,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
  } finally {
    await journal.close()
    await folder.close()
    if (!leave) {
      await deps.executor
        .remove(state, folder)
        .catch((error) => deps.log('executor not removed', { attempt: ref.attemptId, error: String(error) }))
      await removeTaskFolder(root).catch((error) =>
        deps.log('task folder not removed', { attempt: ref.attemptId, error: String(error) }),
      )
    }
  }
}

/** An attempt's signal that its own time limit may use too. */
export interface StoppableSignal extends AbortSignal {
  stop?: (reason: StopReason) => void
}

/** A canceled attempt still has its end to tell; only a lost one, or a shutdown, has nothing more to say. */
function reportSignal(signal: AbortSignal): AbortSignal {
  const controller = new AbortController()
  const pass = () => {
    if (signal.reason === 'gone' || signal.reason === 'shutdown') controller.abort(signal.reason)
    else setTimeout(() => controller.abort('late'), 60_000).unref()
  }
  if (signal.aborted) pass()
  else signal.addEventListener('abort', pass, { once: true })
  return controller.signal
}

function executorState(journal: Journal): ExecutorState | undefined {
  return journal.notes.findLast((note) => note.type === 'executor')?.state
}

/** The grant, or the same document again when it was given before this agent was restarted. */
async function takeSpec(controlPlane: ControlPlane, ref: AttemptRef, signal: AbortSignal): Promise<TaskSpec> {
  try {
    return await untilReachable(() => controlPlane.grant(ref), signal)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error
    return untilReachable(() => controlPlane.resume(ref), signal)
  }
}

async function execute(
  deps: AttemptDeps,
  spec: TaskSpec,
  folder: TaskFolder,
  journal: Journal,
  reporter: Reporter,
  signal: AbortSignal,
  prepared: (state: ExecutorState) => void,
): Promise<TaskEnd> {
  const watcher = watchFolder(folder)
  const base = {
    spec,
    folder,
    executor: deps.executor,
    journal,
    reporter,
    controlPlane: deps.controlPlane,
    signal,
    changed: watcher.changed,
  }
  try {
    const state = await environment(deps, base, journal, signal)
    if ('result' in state) return state
    prepared(state.state)
    const task: TaskContext = { ...base, state: state.state }
    await announceVariables(task)
    return await runSteps(task)
  } finally {
    watcher.close()
  }
}

async function environment(
  deps: AttemptDeps,
  base: Omit<TaskContext, 'state'>,
  journal: Journal,
  signal: AbortSignal,
): Promise<TaskEnd | { state: ExecutorState }> {
  const known = executorState(journal)
  if (known !== undefined) {
    if (await deps.executor.adopt(known, base.folder)) return { state: known }
    return { result: 'lost', message: 'The environment of the job was gone when the agent came back.' }
  }
  return spinUp(deps, base, journal, signal)
}

/** Step 0: prepares the executor, telling what it does. */
async function spinUp(
  deps: AttemptDeps,
  base: Omit<TaskContext, 'state'>,
  journal: Journal,
  signal: AbortSignal,
): Promise<TaskEnd | { state: ExecutorState }> {
  const { folder, spec } = base
  await folder.append('s0.out', '')
  await folder.create('bash_env', '', 0o666)
  base.reporter.report({
    type: 'step-started',
    step: 0,
    name: 'Spin up environment',
    kind: 'spin_up',
    command: null,
    background: false,
    at: new Date().toISOString(),
  })
  const pump = createPump(base as TaskContext, 0)
  let told = Promise.resolve()
  const say = (line: string) => {
    told = told.then(() => folder.append('s0.out', `${line}\n`)).then(() => pump.poke())
  }
  try {
    say(`Executor ${deps.executor.kind}`)
    const state = await deps.executor.prepare(spec, folder, say, signal)
    journal.note({ type: 'executor', kind: deps.executor.kind, state })
    await journal.flushed()
    await supervisorReady(folder, deps.executor, state, signal)
    await told
    void close(base as TaskContext, 0, pump, { result: 'passed', exitCode: null })
    return { state }
  } catch (error) {
    await told
    const canceled = signal.aborted
    const message =
      error instanceof ExecutorRefusal
        ? error.message
        : canceled
          ? 'Stopped while the environment was prepared.'
          : `The environment could not be prepared: ${error instanceof Error ? error.message : String(error)}`
    await folder.append('s0.out', `${message}\n`)
    await close(base as TaskContext, 0, pump, { result: canceled ? 'canceled' : 'failed', exitCode: null })
    if (signal.reason === 'shutdown') throw error
    return { result: canceled ? 'canceled' : error instanceof ExecutorRefusal ? 'failed' : 'lost', message }
  }
}

async function supervisorReady(
  folder: TaskFolder,
  executor: Executor,
  state: ExecutorState,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; (await folder.readSmall('ready')) === undefined; tries++) {
    signal.throwIfAborted()
    await sleep(tries < 100 ? 2 : 50)
    if (tries % 50 !== 49 || (await executor.health(state)).alive) continue
    if ((await folder.readSmall('ready')) === undefined)
      throw new ExecutorRefusal('The image could not run /bin/sh as its user. Use an image that has a shell.')
  }
}

/** Step 1: names of the variables the job gets, never their values. */
async function announceVariables(task: TaskContext): Promise<void> {
  if (task.journal.entries.some((entry) => entry.type === 'step-started' && entry.step === 1)) return
  task.reporter.report({
    type: 'step-started',
    step: 1,
    name: 'Preparing environment variables',
    kind: 'prepare_environment',
    command: null,
    background: false,
    at: new Date().toISOString(),
  })
  const names = [...new Set([...task.spec.environment, ...task.spec.job.environment].map((entry) => entry.name))].sort()
  await task.folder.append(
    's1.out',
    `Variables of this job; values of secrets are masked in all output:\n${names.map((name) => `  ${name}\n`).join('')}`,
  )
  const pump = createPump(task, 1)
  pump.poke()
  void close(task, 1, pump, { result: 'passed', exitCode: null })
}

/** Hints that something in the shared folder changed; at least ten times a second, whatever the kernel says. */
function watchFolder(folder: TaskFolder): { changed(): Promise<void>; close(): void } {
  let waiting: (() => void)[] = []
  const wake = () => {
    const woken = waiting
    waiting = []
    for (const resume of woken) resume()
  }
  const watcher = watch(folder.io, wake)
  watcher.on('error', () => {})
  const tick = setInterval(wake, 100)
  return {
    changed: () => new Promise((resolve) => waiting.push(resolve)),
    close() {
      clearInterval(tick)
      watcher.close()
      wake()
    },
  }
}
