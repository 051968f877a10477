import type { Accounts, Clock, DueSchedule, Schedules, UserActions } from '@rondo/model'
import { nextRun } from '../decisions/next-run.ts'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

export interface SchedulePorts {
  readonly schedules: Pick<Schedules, 'due'>
  readonly accounts: Pick<Accounts, 'project'>
  readonly actions: Pick<UserActions, 'trigger'>
  readonly clock: Clock
}

const batch = 50

/**
 * Starts what is due: each run once, whatever process does it and wherever one is killed, since the run and the next due
 * time are written in one transaction. What was missed while nobody looked is caught up once, not once for each miss.
 */
export function runSchedules(ports: SchedulePorts, options: LoopOptions, signal: AbortSignal): Promise<void> {
  return runPeriodically(
    ports,
    {
      everyMs: options.everyMs ?? 5_000,
      round: () => runDueSchedules(ports, options.onError),
      onError: options.onError,
      onRound: options.onRound,
    },
    signal,
  )
}

/** One round; answers whether there may be more. */
export async function runDueSchedules(
  ports: Omit<SchedulePorts, 'clock'>,
  onError?: (error: unknown) => void,
): Promise<boolean> {
  const due = await ports.schedules.due(batch)
  for (const schedule of due) {
    // One that cannot run must not keep the others from it.
    await run(ports, schedule).catch((error: unknown) => onError?.(error))
  }
  return due.length === batch
}

async function run(ports: Omit<SchedulePorts, 'clock'>, schedule: DueSchedule): Promise<void> {
  const { id, name, branch, tag, nextAt: dueAt } = schedule
  const project = await ports.accounts.project(schedule.projectId)
  if (project === undefined || dueAt === null) return
  // By the database's clock, as what is due: one of this machine that is behind would name times again that have had their
  // run, and one that is ahead would leave some out.
  const nextAt = nextRun(schedule.timetable, new Date(dueAt.getTime() + Math.max(0, schedule.lateMs)))
  await ports.actions.trigger({
    project,
    trigger: 'scheduled_pipeline',
    actorId: schedule.actorId,
    ref: tag === null ? { branch: branch ?? project.defaultBranch } : { tag },
    parameters: schedule.parameters,
    schedule: { id, name, dueAt, nextAt, workflow: schedule.origin === 'config' ? name : null },
  })
}
