import type { EngineTransaction } from '@rondo/model'
import type { MemoryDatabase, Work } from './memory-database.ts'
import type { Effect } from './memory-identity.ts'
import type { ScheduleRow } from './memory-rows.ts'

/** Writes of schedules in memory. */
export function memoryScheduleWrites(
  database: MemoryDatabase,
  work: Work,
  effect: Effect,
): Pick<EngineTransaction, 'fireSchedule' | 'replaceSchedules'> {
  return {
    async fireSchedule({ id, dueAt, nextAt }) {
      await effect('fire a schedule')
      const cell = database.schedules.get(id)
      const row = cell === undefined ? undefined : await work.lock(cell)
      if (cell === undefined || row?.nextAt !== dueAt.getTime()) return undefined
      work.write(cell, { ...row, nextAt: nextAt?.getTime() ?? null })
      return { lateMs: work.now - dueAt.getTime() }
    },
    async replaceSchedules(projectId, branch, schedules) {
      await effect('replace schedules')
      const wanted = new Map(
        schedules.map((one) => [`${projectId} ${branch} ${one.name} ${JSON.stringify(one.timetable)}`, one]),
      )
      for (const [key, cell] of database.schedules) {
        const row = work.read(cell)
        if (row?.projectId !== projectId || row.branch !== branch || wanted.has(key)) continue
        if ((await work.lock(cell)) !== undefined) work.remove(cell)
      }
      for (const [key, { nextAt }] of wanted) {
        const known = database.schedules.get(key)
        if (known !== undefined && (await work.lock(known)) !== undefined) continue
        const row: ScheduleRow = { projectId, branch, nextAt: nextAt?.getTime() ?? null }
        work.insert('schedules', database.schedules, key, row)
      }
    },
  }
}
