import type { Schedule } from '../schedule.ts'
import type { Page, PageRequest } from './page.ts'

export type NewSchedule = Omit<Schedule, 'id' | 'origin' | 'createdAt' | 'updatedAt'>
export type ScheduleChange = Partial<Omit<NewSchedule, 'projectId'>>

/** `lateMs`: how long ago it was due, by the database's clock. */
export type DueSchedule = Schedule & { readonly lateMs: number }

/** Schedules of the API, and what is due of all. */
export interface Schedules {
  /** AppError `conflict` when the project has one of that name. */
  create(schedule: NewSchedule): Promise<Schedule>
  schedule(id: string): Promise<Schedule | undefined>
  /** Those of the API, oldest first. */
  schedulesOf(projectId: string, page: PageRequest): Promise<Page<Schedule>>
  /** Undefined: there is no such schedule (any more). */
  update(id: string, change: ScheduleChange): Promise<Schedule | undefined>
  delete(id: string): Promise<boolean>
  /** Of API and configs alike, the longest overdue first; by the database's clock. */
  due(limit: number): Promise<readonly DueSchedule[]>
}
