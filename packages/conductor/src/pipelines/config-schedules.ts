import { matchesFilters } from '@rondo/config'
import type { EngineTransaction, Plan } from '@rondo/model'
import { nextRun } from '../decisions/next-run.ts'

type ConfigSchedules = Parameters<EngineTransaction['replaceSchedules']>[2]

/** What the config of a branch asks to be run on schedule on that branch (semantics 20). */
export function schedulesOf(plan: Plan, branch: string, now: Date): ConfigSchedules {
  return plan.workflows.flatMap((workflow) =>
    workflow.schedules
      .filter((schedule) => matchesFilters({ branches: schedule.branches }, { branch }))
      .map(({ cron }) => ({ name: workflow.name, timetable: { cron }, nextAt: nextRun({ cron }, now) })),
  )
}
