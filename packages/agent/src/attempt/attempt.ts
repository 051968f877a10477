import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'
import type { AttemptRef, ControlPlane, TaskSpec } from '@rondo/protocol'
import { untilReachable } from '../control-plane/retry.ts'
import type { Executor, ExecutorState } from '../executors/executor.ts'
import { askForHold, holdSession } from '../hold/hold-session.ts'
import { createMaskerFactory, maskText } from '../output/masker.ts'
import { isShutdown } from '../reports/endings.ts'
import { type Journal, openJournal } from '../reports/journal.ts'
import { maskedReporter } from '../reports/masked-reporter.ts'
import { createReporter } from '../reports/reporter.ts'
import { createStepRecorder, type StepRecorderPorts } from '../reports/step-recorder.ts'
import { openNotices } from '../shared-folder/notices.ts'
import { openTaskFolder, removeTaskFolder, type TaskFolder } from '../shared-folder/task-folder.ts'
import { openSshDoor, type SshDoor } from '../ssh/ssh-door.ts'
import type { SshOptions } from '../ssh/ssh-options.ts'
import { waitForSsh } from '../ssh/wait-for-ssh.ts'
import { answerTimings } from '../steps/timings.ts'
import { answerTokens } from '../steps/tokens.ts'
import { openLane } from '../task/lane.ts'
import { openScripts } from '../task/scripts.ts'
import { enableSshStep, type TaskBase, type TaskContext } from '../task/task-context.ts'
import { sampleUsage } from '../usage/sampler.ts'
import { type AttendedContainers, attendContainers } from './attend-containers.ts'
import { faultOf } from './fault.ts'
import { givenUp, logError, reportEnd, tellLost, unforeseen } from './last-word.ts'
import { makeRecord } from './record.ts'
import { runSteps, stoppedEnd, type TaskEnd } from './run-steps.ts'
import { announceVariables, executorState, openEnvironment } from './spin-up.ts'
import { reportSignal, type StoppableSignal } from './stop-signal.ts'
import { stopUnheard } from './stop-unheard.ts'
import { takeDown } from './take-down.ts'
import { watchDiskUse } from './watch-disk-use.ts'

const lastSamplesMs = 500

export interface AttemptDeps {
  readonly controlPlane: ControlPlane
  readonly executor: Executor
  readonly dataFolder: string
  readonly log: (message: string, fields?: Record<string, unknown>) => void
  /** When the server was heard last, by `performance.now()`. */
  readonly heardAt: () => number
  /** How people enter jobs; without it they cannot. */
  readonly ssh?: SshOptions
  /** Aborts when the agent is to end: nothing is kept for anybody then. */
  readonly draining?: AbortSignal
  /** Whether the agent takes nothing new by its administrator's wish, which may be taken back. */
  readonly drained?: () => boolean
  /** Told when an attempt begins and ends to stay for people who may enter it over SSH. */
  readonly waitsForSsh?: (attemptId: string, waits: boolean) => void
}

/** An attempt, and what it counts for on this machine. */
export interface PlacedTask extends AttemptRef {
  readonly cpus: number
  readonly memoryMb: number
}

/**
 * Runs one attempt from its claim to its last acknowledged word, or goes on with one that a dead agent left. What was set
 * up is taken down again whatever happens, except at shutdown: then everything is left for the next agent.
 */
export async function runAttempt(deps: AttemptDeps, placed: PlacedTask, signal: AbortSignal): Promise<void> {
  const ref: AttemptRef = { attemptId: placed.attemptId, epoch: placed.epoch }
  // An agent without tasks may not have heard the server for long: what it is given it has just heard of.
  const begunAt = performance.now()
  const root = join(deps.dataFolder, 'tasks', ref.attemptId)
  await makeRecord(root, placed)
  const journal = openJournal(root)
  let folder: TaskFolder | undefined
  let leave = false
  /** What it has come to, also when nothing ever got ready in it; empty while it is prepared. */
  const state = (): ExecutorState => executorState(journal) ?? {}
  // Nothing of the job's runs on while its last words are on the way, which may take as long as the server is away.
  const halt = () => {
    if (!isShutdown(signal)) void takeDown(deps, ref.attemptId, 'what ran', () => deps.executor.halt(state(), { root }))
  }
  signal.addEventListener('abort', halt, { once: true })
  try {
    // Filled while the server is asked, unless an environment that waits may bring its own.
    const filled = deps.executor.reserve === undefined ? openTaskFolder(root) : undefined
    filled?.then((opened) => (folder = opened)).catch(() => {})
    const spec = await takeSpec(deps.controlPlane, ref, signal).finally(() => filled?.catch(() => {}))
    if (executorState(journal) === undefined)
      await deps.executor.reserve?.(spec, root).catch((error) => logError(deps, ref, error))
    folder = await (filled ?? openTaskFolder(root))
    const limit = setTimeout(() => (signal as StoppableSignal).stop?.('timed-out'), remainingMs(spec, journal))
    const stillHeard = stopUnheard(
      spec,
      () => Math.max(begunAt, deps.heardAt()),
      () => (signal as StoppableSignal).stop?.('unheard'),
    )
    const sending = reportSignal(signal)
    const newMasker = createMaskerFactory(spec.secrets)
    const reporter = maskedReporter(createReporter(deps.controlPlane, ref, journal, sending), (text) =>
      maskText(newMasker(), text),
    )
    try {
      const own = { spec, newMasker, folder, journal, reporter, signal, sending }
      if (!givenUp(journal)) {
        const end = await execute(deps, own).catch((error) => unforeseen(deps, ref, error, own))
        reportEnd(reporter, journal, end)
      }
      await reporter.acknowledged()
    } finally {
      clearTimeout(limit)
      stillHeard()
    }
  } catch (error) {
    // A refusal says that the attempt is another's, or was never this agent's: there is nobody to tell.
    if (!isShutdown(signal) && !(error instanceof AppError)) {
      logError(deps, ref, error)
      await tellLost(deps, ref, journal, faultOf(error, root), reportSignal(signal))
    }
    leave = isShutdown(signal)
  } finally {
    journal.close()
    await folder?.close()
    if (!leave) {
      await takeDown(deps, ref.attemptId, 'executor', () => deps.executor.remove(state(), { root }))
      await takeDown(deps, ref.attemptId, 'task folder', () => removeTaskFolder(root))
    }
  }
}

/** What of the job's time is left, when an agent before this one used some of it. */
function remainingMs(spec: TaskSpec, journal: Journal): number {
  const first = journal.entries[0]
  const begun = first !== undefined && 'at' in first ? Date.parse(first.at) : Date.now()
  return Math.max(0, spec.limits.maxRunMs - Math.max(0, Date.now() - begun))
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

/** A job that people may enter stays for them; a cancel then ends it as any other. */
async function stayOpen(
  deps: AttemptDeps,
  task: TaskContext,
  door: SshDoor | undefined,
  end: TaskEnd,
): Promise<TaskEnd> {
  if (door === undefined || task.signal.aborted) return end
  deps.waitsForSsh?.(task.spec.attemptId, true)
  try {
    const drains = { over: deps.draining ?? new AbortController().signal, asked: deps.drained ?? (() => false) }
    await waitForSsh(task, door, deps.ssh ?? {}, drains)
    return end
  } catch (error) {
    return stoppedEnd(task, error)
  } finally {
    deps.waitsForSsh?.(task.spec.attemptId, false)
  }
}

/** Until when the environment stays for the owner of a failed job, if it does. */
async function heldUntil(deps: AttemptDeps, task: TaskContext, end: TaskEnd): Promise<number | undefined> {
  if (end.result !== 'failed' || task.signal.aborted || deps.draining?.aborted || deps.drained?.()) return undefined
  return askForHold(task)
}

/** The job's result is told first and stays; what its owner does in the environment afterwards changes nothing of it. */
async function holdIfFailed(deps: AttemptDeps, task: TaskContext, end: TaskEnd): Promise<void> {
  const until = await heldUntil(deps, task, end)
  if (until === undefined) return
  reportEnd(task.reporter, task.journal, end)
  await task.reporter.acknowledged()
  await holdSession(task, until, deps.draining ?? new AbortController().signal)
}

/** Whether an agent before this one had run all steps, and kept the environment for people. */
function onlyKept({ notes, entries }: Journal): boolean {
  return (
    notes.some((note) => note.type === 'held') ||
    entries.some((entry) => entry.type === 'step-started' && entry.kind === 'ssh' && entry.step !== enableSshStep)
  )
}

async function execute(
  deps: AttemptDeps,
  own: Pick<StepRecorderPorts, 'spec' | 'newMasker' | 'folder' | 'journal' | 'reporter' | 'signal' | 'sending'>,
): Promise<TaskEnd> {
  const notices = openNotices(own.folder)
  const ports = { ...own, controlPlane: deps.controlPlane, notices }
  const base: TaskBase = { ...ports, executor: deps.executor, steps: createStepRecorder(ports) }
  let stopAnswering = () => {}
  let stopSampling = async () => {}
  let stopWatching = () => {}
  let containers: AttendedContainers | undefined
  let door: SshDoor | undefined
  /** Before the attempt's last word, after which the server takes nothing more of it. */
  async function lastSamples(): Promise<void> {
    const last = stopSampling
    stopSampling = async () => {}
    await Promise.race([last(), sleep(lastSamplesMs, undefined, { ref: false })])
  }
  try {
    const environment = await openEnvironment(base)
    if ('result' in environment) {
      await base.steps.settled()
      return environment
    }
    const scripts = openScripts(own.folder)
    const lane = openLane(own.folder, scripts)
    const hits = { before: { memory: 0, processes: 0 } }
    const task: TaskContext = { ...base, state: environment.state, scripts, lane, hits, disk: {} }
    announceVariables(task)
    const answering = [answerTimings(task), answerTokens(task)]
    stopAnswering = () => answering.forEach((stop) => void stop())
    if (!onlyKept(own.journal))
      stopSampling = sampleUsage({
        spec: own.spec,
        root: own.folder.root,
        controlPlane: deps.controlPlane,
        read: () => deps.executor.usage(environment.state),
      })
    stopWatching = watchDiskUse(task, () => (own.signal as StoppableSignal).stop?.('disk'))
    door = await openSshDoor(task, deps.ssh)
    containers = attendContainers(task)
    const stays = async (end: TaskEnd) => door !== undefined || (await heldUntil(deps, task, end)) !== undefined
    const ran = await runSteps(task, stays)
    // What is used from here on is not the job's, but that of whoever looks into it.
    await lastSamples()
    const end = await stayOpen(deps, task, door, ran)
    await containers.stop()
    await base.steps.settled()
    if (door === undefined) await holdIfFailed(deps, task, end)
    return end
  } finally {
    await door?.close()
    await containers?.stop()
    stopAnswering()
    stopWatching()
    notices.close()
    await lastSamples()
  }
}
