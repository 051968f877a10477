import { AppError, type DueSchedule, type EngineTransaction, type Schedule, type Schedules } from '@rondo/model'
import sql, { empty, raw } from 'sql-template-tag'
import { type Database, isDuplicate, type Runner } from './database.ts'

const columns =
  raw(`s.id, s.project_id as "projectId", s.origin, s.name, s.description, s.branch, s.tag, s.timetable, s.parameters,
  s.actor_id as "actorId", s.created_at as "createdAt", s.updated_at as "updatedAt", s.next_at as "nextAt"`)

/** Schedules of the API, and what is due of all. */
export function createSchedules(database: Database): Schedules {
  return {
    async create(schedule) {
      const rows = await named(schedule.name, () =>
        database.rows<Schedule>(sql`
          insert into schedules as s (project_id, origin, name, description, branch, tag, timetable, parameters, actor_id, next_at)
          values (${schedule.projectId}, 'api', ${schedule.name}, ${schedule.description}, ${schedule.branch}, ${schedule.tag},
            ${JSON.stringify(schedule.timetable)}::jsonb, ${JSON.stringify(schedule.parameters)}::jsonb, ${schedule.actorId}, ${schedule.nextAt})
          returning ${columns}`),
      )
      return rows[0]!
    },
    schedule: async (id) =>
      (await database.rows<Schedule>(sql`select ${columns} from schedules s where id = ${id}`))[0],
    async schedulesOf(projectId, page) {
      const after = page.token === undefined ? empty : sql`and name > ${page.token}`
      const rows = await database.rows<Schedule>(sql`
        select ${columns} from schedules s where project_id = ${projectId} and origin = 'api' ${after} order by name limit ${page.limit + 1}`)
      const items = rows.slice(0, page.limit)
      return { items, next: rows.length > page.limit ? (items.at(-1)?.name ?? null) : null }
    },
    async update(id, change) {
      const before = await this.schedule(id)
      if (before === undefined) return undefined
      const after = { ...before, ...change }
      const rows = await named(after.name, () =>
        database.rows<Schedule>(sql`
          update schedules s set name = ${after.name}, description = ${after.description}, branch = ${after.branch}, tag = ${after.tag},
            timetable = ${JSON.stringify(after.timetable)}::jsonb, parameters = ${JSON.stringify(after.parameters)}::jsonb,
            actor_id = ${after.actorId}, next_at = ${after.nextAt}, updated_at = now() where id = ${id} returning ${columns}`),
      )
      return rows[0]
    },
    delete: async (id) => (await database.rows(sql`delete from schedules where id = ${id} returning id`)).length > 0,
    due: (limit) =>
      database.rows<DueSchedule>(
        sql`select ${columns}, (extract(epoch from now() - s.next_at) * 1000)::float8 as "lateMs" from schedules s where next_at <= now() order by next_at limit ${limit}`,
      ),
  }
}

async function named<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    if (!isDuplicate(cause)) throw cause
    throw new AppError('conflict', `The project has a schedule named ${name} already. Choose another name.`, { cause })
  }
}

/** Writes of one transaction; see the port for what each means. */
export function scheduleWrites(tx: Runner): Pick<EngineTransaction, 'fireSchedule' | 'replaceSchedules'> {
  return {
    fireSchedule: async ({ id, dueAt, nextAt }) =>
      (
        await tx.rows<{ lateMs: number }>(
          // The database keeps microseconds, a Date milliseconds.
          sql`update schedules set next_at = ${nextAt} where id = ${id} and date_trunc('milliseconds', next_at) = ${dueAt}
            returning (extract(epoch from now() - ${dueAt}::timestamptz) * 1000)::float8 as "lateMs"`,
        )
      )[0],
    async replaceSchedules(projectId, branch, schedules) {
      const wanted = JSON.stringify(
        schedules.map(({ nextAt, ...schedule }) => ({ ...schedule, nextAt: nextAt?.toISOString() ?? null })),
      )
      await tx.rows(sql`
        delete from schedules s where project_id = ${projectId} and origin = 'config' and branch = ${branch}
          and not exists (select from jsonb_to_recordset(${wanted}::jsonb) as w(name text, timetable jsonb) where w.name = s.name and w.timetable = s.timetable)`)
      // Those that stay keep their time, so a run that is due is not lost to a push.
      await tx.rows(sql`
        insert into schedules (project_id, origin, name, branch, timetable, next_at)
        select ${projectId}, 'config', name, ${branch}, timetable, "nextAt" from jsonb_to_recordset(${wanted}::jsonb) as w(name text, timetable jsonb, "nextAt" timestamptz)
        on conflict (project_id, branch, name, timetable) where origin = 'config' do nothing`)
    },
  }
}
