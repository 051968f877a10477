import type { Commit, MemoryDatabase } from '../memory-database.ts'
import type { ScheduleRow } from '../memory-rows.ts'
import type { Report } from './rules.ts'

/** Rules 27 and 28, of schedules of the API, whose runs come in even distances. */
export function schedulesRan(database: MemoryDatabase, commit: Commit, report: Report): void {
  const ran = commit.events.flatMap((event) => (event.data?.schedule === undefined ? [] : [event.data.schedule]))
  const moved = commit.changes.flatMap(({ table, before, after }) =>
    table === 'schedules' && before !== undefined && after !== undefined
      ? [[before as ScheduleRow, after as ScheduleRow] as const]
      : [],
  )
  if (ran.length > 0 || moved.length > 0) {
    const due = moved.map(([row]) => row.schedule?.name)
    if (ran.join() !== due.join()) report(27, `[${ran.join()}] ran, and what was due is [${due.join()}]`)
  }
  for (const [before, after] of moved) movedOn(database, commit, { before, after }, report)
}

/** Rule 28. */
function movedOn(
  database: MemoryDatabase,
  commit: Commit,
  { before, after }: { readonly before: ScheduleRow; readonly after: ScheduleRow },
  report: Report,
): void {
  const { schedule, nextAt } = after
  if (schedule === null || nextAt === null || !('perHour' in schedule.timetable)) return
  const everyMs = 3_600_000 / schedule.timetable.perHour
  const name = `${schedule.name}, due at ${before.nextAt},`
  if (nextAt % everyMs !== 0) report(28, `${name} is to run at ${nextAt}, which its timetable does not name`)
  const looked = database.scheduleLooks.get(commit.by) ?? commit.began
  if (nextAt <= looked) report(28, `${name} is to run at ${nextAt}, which was missed before ${looked}`)
  if (nextAt > (Math.floor(commit.at / everyMs) + 1) * everyMs) report(28, `${name} leaves out a run before ${nextAt}`)
}
