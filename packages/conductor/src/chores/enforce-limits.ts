import {
  type AllowedTimes,
  type Clock,
  type EngineStore,
  isFinalJobStatus,
  type Job,
  type JobStatus,
  nothingSet,
  type OverdueJob,
  type SettingsStore,
  type SettingsView,
  settingMs,
  type WorkflowSnapshot,
} from '@rondo/model'
import { advance, endOf } from '../workflows/apply-moves.ts'
import { cancelOneJob } from '../workflows/cancel.ts'
import { changeJob } from '../workflows/change-state.ts'
import { decided } from '../workflows/decided.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

export interface LimitPorts {
  readonly engine: EngineStore
  readonly checks: StartChecks
  readonly clock: Clock
}

const hour = 3_600_000

/** What administrators set, for a project or for all; where they set nothing, semantics 21.3, 21.4 and 27 and ledger I-040. */
export function allowedTimes(view: SettingsView, projectId?: string): AllowedTimes {
  return {
    runMs: settingMs(view, 'time.run', projectId),
    queueMs: settingMs(view, 'time.queue', projectId),
    approvalMs: settingMs(view, 'time.approval', projectId),
    lockMs: settingMs(view, 'time.lock', projectId),
  }
}

export const defaultTimes: AllowedTimes = allowedTimes(nothingSet)

/** The agent stops a job at the same limit; the server waits this much longer, for agents that cannot. */
const agentFirstMs = 120_000

const batch = 100

/** Ends what has taken too long; looks every few seconds. Any number of processes may do so. */
export function enforceLimits(
  ports: LimitPorts & { readonly settings: Pick<SettingsStore, 'view'> },
  options: LoopOptions,
  signal: AbortSignal,
): Promise<void> {
  return runPeriodically(
    ports,
    {
      everyMs: options.everyMs ?? 5_000,
      round: async () => lookBySettings(ports, await ports.settings.view()),
      onError: options.onError,
      onRound: options.onRound,
    },
    signal,
  )
}

/** One look; answers whether there may be more. `projects` have it otherwise; the server waits `laterMs` more for a run's end. */
export async function endOverdue(
  ports: Omit<LimitPorts, 'clock'>,
  all: AllowedTimes,
  projects: Readonly<Record<string, AllowedTimes>> = {},
  laterMs = 0,
): Promise<boolean> {
  const later = (allowed: AllowedTimes) => ({ ...allowed, runMs: allowed.runMs + laterMs })
  const exceptions = Object.fromEntries(Object.entries(projects).map(([id, allowed]) => [id, later(allowed)]))
  const overdue = await ports.engine.overdue(later(all), batch, exceptions)
  for (const job of overdue) await end(ports, job, (projectId) => projects[projectId] ?? all)
  return overdue.length >= batch
}

/** A round by the settings as they are now. */
async function lookBySettings(ports: LimitPorts, view: SettingsView): Promise<boolean> {
  const projects = Object.fromEntries([...view.projects.keys()].map((id) => [id, allowedTimes(view, id)]))
  return endOverdue(ports, allowedTimes(view), projects, agentFirstMs)
}

/** The job of a serial group that the lock node stands before; undefined for locks that a config itself has as jobs. */
function behindLock({ jobs }: WorkflowSnapshot, lock: Job): Job | undefined {
  return jobs.find((job) => `${job.name}/lock` === lock.name && job.requires.some(({ node }) => node === lock.name))
}

interface Ending {
  /** What the job must still be for it to be overdue. */
  readonly from: JobStatus
  readonly to: JobStatus
  readonly message: string
}

async function end(
  ports: Omit<LimitPorts, 'clock'>,
  { jobId, workflowId, doing }: OverdueJob,
  allowedIn: (projectId: string) => AllowedTimes,
): Promise<void> {
  await decided(ports.engine, async (tx) => {
    const head = await tx.holdWorkflow(workflowId)
    const job = (await tx.jobWithTasks(jobId))?.job
    if (head === undefined || job === undefined) return
    const { from, to, message } = endingOf(doing, allowedIn(job.projectId))
    // It may have gone on since it was seen.
    if (job.status !== from || isFinalJobStatus(job.status)) return
    const snapshot = doing === 'lock' ? await tx.lockWorkflow(workflowId) : undefined
    if (snapshot?.locks.some((lock) => lock.jobId === jobId && lock.held)) return
    await changeJob(tx, head, job, to, { message })
    await tx.stopTasks(jobId, to === 'timedout' ? 'timed-out' : 'canceled')
    // It is the job that waited for too long, and counts as canceled for those that require it (semantics 21.4).
    const waited = snapshot && behindLock(snapshot, job)
    const ended = waited === undefined ? [] : await cancelOneJob(tx, head, waited, { message })
    await advance(tx, head, [...endOf(job, to), ...ended], ports.checks, `job ${job.name} took too long. ${message}`)
  })
}

function endingOf(doing: OverdueJob['doing'], told: AllowedTimes): Ending {
  switch (doing) {
    case 'run':
      return {
        from: 'running',
        to: 'timedout',
        message: `It ran for longer than ${duration(told.runMs)}, which is the most a job may.`,
      }
    case 'queue':
      return {
        from: 'queued',
        to: 'infrastructure_fail',
        message: `No agent took it within ${duration(told.queueMs)}. Start agents for its executor and resource class, then rerun it.`,
      }
    case 'approval':
      return { from: 'on_hold', to: 'canceled', message: `Nobody approved it within ${duration(told.approvalMs)}.` }
    case 'lock':
      return {
        from: 'not_running',
        to: 'canceled',
        message: `It waited for its lock for longer than ${duration(told.lockMs)}. Rerun the workflow when the lock is free.`,
      }
  }
}

function duration(ms: number): string {
  const [unit, name] = ms >= 48 * hour ? [24 * hour, 'day'] : ms >= hour ? [hour, 'hour'] : [60_000, 'minute']
  const count = Math.round((ms / unit) * 10) / 10
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
