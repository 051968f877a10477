import type { EngineTransaction, Schedules } from '@rondo/model'
import type { MemoryDatabase, Work } from './memory-database.ts'
import type { Effect } from './memory-identity.ts'
import type { ScheduleRow } from './memory-rows.ts'
import type { Connection, Statements } from './memory-statements.ts'

export type MemorySchedules = Pick<Schedules, 'due' | 'update' | 'delete'>

/** Schedules of the API in memory. */
export function createMemorySchedules(
  database: MemoryDatabase,
  { by }: Pick<Connection, 'by'>,
  { within, look }: Statements,
): MemorySchedules {
  return {
    due: (limit) =>
      look('look for due schedules', (work) => {
        database.scheduleLooks.set(by, work.now)
        return [...database.schedules.values()]
          .flatMap((cell) => work.read(cell) ?? [])
          .filter((row) => row.nextAt !== null && row.nextAt <= work.now)
          .toSorted((a, b) => a.nextAt! - b.nextAt!)
          .slice(0, limit)
          .flatMap(({ schedule, nextAt }) =>
            schedule === null ? [] : [{ ...schedule, nextAt: new Date(nextAt!), lateMs: work.now - nextAt! }],
          )
      }),
    update: (id, { nextAt }) =>
      within('move a schedule', async (work) => {
        const cell = database.schedules.get(id)
        const row = cell === undefined ? undefined : await work.lock(cell)
        if (cell === undefined || row === undefined || nextAt === undefined) return undefined
        work.write(cell, { ...row, nextAt: nextAt?.getTime() ?? null })
        return row.schedule ?? undefined
      }),
    delete: (id) =>
      within('delete a schedule', async (work) => {
        const cell = database.schedules.get(id)
        if (cell === undefined || (await work.lock(cell)) === undefined) return false
        work.remove(cell)
        return true
      }),
  }
}

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
        const row: ScheduleRow = { projectId, branch, nextAt: nextAt?.getTime() ?? null, schedule: null }
        work.insert('schedules', database.schedules, key, row)
      }
    },
  }
}
