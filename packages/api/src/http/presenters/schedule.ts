import { dayNames, monthNames, type Project, projectSlug, type Schedule, type User } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Id, Nullable, Time, Words } from '../shapes.ts'
import { systemActor } from './system-actor.ts'

const hours = Type.Array(Type.Integer({ minimum: 0, maximum: 23 }), { minItems: 1, maxItems: 24 })
/** In UTC unless a time zone is named; either days of the week or days of the month. */
export const TimetableShape = Type.Object({
  'per-hour': Type.Integer({ minimum: 1, maximum: 60 }),
  'hours-of-day': hours,
  'days-of-week': Type.Optional(Type.Array(Words(dayNames), { minItems: 1, maxItems: 7 })),
  'days-of-month': Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 31 }), { minItems: 1, maxItems: 31 })),
  months: Type.Optional(Type.Array(Words(monthNames), { minItems: 1, maxItems: 12 })),
  /** IANA name, such as `Europe/Berlin`. */
  'time-zone': Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
})

export const ScheduleParameters = Type.Record(
  Type.String(),
  Type.Union([Type.Integer(), Type.String(), Type.Boolean()]),
  { maxProperties: 100 },
)

export const ScheduleShape = Type.Object({
  id: Id,
  name: Type.String(),
  description: Nullable(Type.String()),
  'project-slug': Type.String(),
  timetable: TimetableShape,
  parameters: ScheduleParameters,
  actor: Type.Object({ id: Id, login: Type.String(), name: Type.String() }),
  'created-at': Time,
  'updated-at': Time,
})

export function presentSchedule(
  schedule: Schedule,
  project: Project,
  actor: User | undefined,
): Static<typeof ScheduleShape> {
  const { branch, tag } = schedule
  return {
    id: schedule.id,
    name: schedule.name,
    description: schedule.description,
    'project-slug': projectSlug(project),
    timetable: presentTimetable(schedule),
    parameters: {
      ...(schedule.parameters as Static<typeof ScheduleParameters>),
      ...(branch === null ? {} : { branch }),
      ...(tag === null ? {} : { tag }),
    },
    actor: actor === undefined ? systemActor : { id: actor.id, login: actor.login, name: actor.name },
    'created-at': schedule.createdAt,
    'updated-at': schedule.updatedAt,
  }
}

function presentTimetable({ name, timetable }: Schedule): Static<typeof TimetableShape> {
  if ('cron' in timetable) throw new Error(`schedule ${name} of the API has a cron expression`)
  const { perHour, hoursOfDay, daysOfWeek, daysOfMonth, months, timeZone } = timetable
  return {
    'per-hour': perHour,
    'hours-of-day': [...hoursOfDay],
    ...(daysOfWeek === undefined ? {} : { 'days-of-week': [...daysOfWeek] }),
    ...(daysOfMonth === undefined ? {} : { 'days-of-month': [...daysOfMonth] }),
    ...(months === undefined ? {} : { months: [...months] }),
    ...(timeZone === undefined ? {} : { 'time-zone': timeZone }),
  }
}
