import { isTimeZone, nextRun } from '@rondo/conductor'
import { AppError, type HourlyTimetable, type Project, type Schedule } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { presentSchedule, ScheduleParameters, ScheduleShape, TimetableShape } from '../presenters/schedule.ts'
import { type Route, type RoutePorts, route } from '../route.ts'
import { Message, Nullable, PageOf, PageQuery, pageRequest, Text, Words } from '../shapes.ts'
import { projectInPath, scheduleInPath } from '../subjects.ts'

const ScheduleBody = Type.Object({
  name: Text(300),
  timetable: TimetableShape,
  'attribution-actor': Words(['current', 'system']),
  parameters: ScheduleParameters,
  description: Type.Optional(Nullable(Type.String({ maxLength: 2_000 }))),
})
const ChangeBody = Type.Partial(ScheduleBody)

/** Pipelines by the clock; the conductor runs them. */
export function scheduleRoutes({ accounts, schedules }: Pick<RoutePorts, 'accounts' | 'schedules'>): readonly Route[] {
  async function present(schedule: Schedule, project: Project) {
    const { actorId } = schedule
    return presentSchedule(schedule, project, actorId === null ? undefined : await accounts.user(actorId))
  }

  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/schedule',
      summary: 'Schedules of a project.',
      subject: projectInPath,
      right: 'view',
      query: Type.Object(PageQuery),
      answer: PageOf(ScheduleShape),
      handle: async ({ subject, query }) => {
        const page = await schedules.schedulesOf(subject.id, pageRequest(query))
        const items = await Promise.all(page.items.map((schedule) => present(schedule, subject)))
        return { items, next_page_token: page.next }
      },
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/schedule',
      summary: 'Makes a schedule, in the name of the user or of the system.',
      subject: projectInPath,
      right: 'configure',
      body: ScheduleBody,
      status: 201,
      answer: ScheduleShape,
      handle: async ({ subject, user, body }) => {
        const made = await schedules.create({
          projectId: subject.id,
          name: body.name,
          description: body.description ?? '',
          actorId: body['attribution-actor'] === 'current' ? user.id : null,
          ...timesOf(body.timetable),
          ...refOf(body.parameters),
        })
        return present(made, subject)
      },
    }),
    route({
      method: 'GET',
      path: '/schedule/{schedule-id}',
      summary: 'A schedule.',
      subject: scheduleInPath,
      right: 'view',
      answer: ScheduleShape,
      handle: async ({ subject }) => present(subject.schedule, subject.project),
    }),
    route({
      method: 'PATCH',
      path: '/schedule/{schedule-id}',
      summary: 'Changes what is named of a schedule. One that runs in a name runs in the name of who changed it last.',
      subject: scheduleInPath,
      right: 'configure',
      body: ChangeBody,
      answer: ScheduleShape,
      handle: async ({ subject: { schedule, project }, user, body }) => {
        const attribution = body['attribution-actor'] ?? (schedule.actorId === null ? 'system' : 'current')
        const changed = await schedules.update(schedule.id, {
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.description === undefined ? {} : { description: body.description ?? '' }),
          ...(body.timetable === undefined ? {} : timesOf(body.timetable)),
          ...(body.parameters === undefined ? {} : refOf(body.parameters)),
          // Nobody's rights are borrowed by changing what runs in their name.
          actorId: attribution === 'current' ? user.id : null,
        })
        if (changed === undefined) throw new AppError('not-found', 'Schedule not found')
        return present(changed, project)
      },
    }),
    route({
      method: 'DELETE',
      path: '/schedule/{schedule-id}',
      summary: 'Deletes a schedule.',
      subject: scheduleInPath,
      right: 'configure',
      answer: Message,
      handle: async ({ subject }) => {
        await schedules.delete(subject.schedule.id)
        return { message: 'Schedule deleted.' }
      },
    }),
  ]
}

function timesOf(asked: Static<typeof TimetableShape>): { timetable: HourlyTimetable; nextAt: Date } {
  const { 'days-of-week': daysOfWeek, 'days-of-month': daysOfMonth, months, 'time-zone': timeZone } = asked
  if ((daysOfWeek === undefined) === (daysOfMonth === undefined))
    throw new AppError('bad-request', 'Give days-of-week or days-of-month, and not both.')
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw new AppError(
      'bad-request',
      `There is no time zone "${timeZone}". Give an IANA name such as Europe/Berlin, or leave it out for UTC.`,
    )
  const timetable: HourlyTimetable = {
    perHour: asked['per-hour'],
    hoursOfDay: asked['hours-of-day'],
    ...(daysOfWeek === undefined ? {} : { daysOfWeek }),
    ...(daysOfMonth === undefined ? {} : { daysOfMonth }),
    ...(months === undefined ? {} : { months }),
    ...(timeZone === undefined ? {} : { timeZone }),
  }
  const nextAt = nextRun(timetable, new Date())
  if (nextAt === null) throw new AppError('bad-request', 'The timetable never comes. Choose days that its months have.')
  return { timetable, nextAt }
}

/** Clients send the branch or tag among the pipeline's parameters. */
function refOf(given: Static<typeof ScheduleParameters>): Pick<Schedule, 'branch' | 'tag' | 'parameters'> {
  const { branch, tag, ...parameters } = given
  const one = (typeof branch === 'string') !== (typeof tag === 'string')
  if (!one || (branch ?? tag) === '')
    throw new AppError('bad-request', 'The parameters must hold a branch or a tag, and not both.')
  return {
    branch: branch === undefined ? null : String(branch),
    tag: tag === undefined ? null : String(tag),
    parameters,
  }
}
