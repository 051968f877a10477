import { AppError, dayNames, type HourlyTimetable, monthNames, type Timetable } from '@rondo/model'
import { momentOf, wallTime } from './wall-time.ts'

/** What minutes a timetable names, each field as the set of its values. */
interface Fields {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly daysOfMonth: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly daysOfWeek: ReadonlySet<number>
  /** Both kinds of days are given: a day counts when either names it, as POSIX cron has it. */
  readonly eitherDay: boolean
}

const dayMs = 24 * 3_600_000
const mostChangeMs = 3 * 3_600_000
/** The longest a timetable can pause: from one 29 February to the next over a century that has none. */
const horizonDays = 366 * 8 + 1

/** The first run after a moment, in UTC or the timetable's own time zone; null when the timetable names a day that never comes. Plain function. */
export function nextRun(timetable: Timetable, after: Date): Date | null {
  const fields = 'cron' in timetable ? cronFields(timetable.cron) : hourlyFields(timetable)
  const zone = 'cron' in timetable ? undefined : timetable.timeZone
  const first = Math.floor((zone === undefined ? after.getTime() : wallTime(after, zone)) / dayMs)
  for (let day = first; day < first + horizonDays; day++) {
    const midnight = new Date(day * dayMs)
    if (!namesDay(fields, midnight)) continue
    const at = firstOfDay(fields, day, after, zone)
    if (at !== undefined) return at
  }
  return null
}

/** On a day on which clocks change, runs need not come in the order in which the wall shows them. */
function firstOfDay(fields: Fields, day: number, after: Date, zone: string | undefined): Date | undefined {
  let first: Date | undefined
  let last = Number.POSITIVE_INFINITY
  const shown = zone === undefined ? after.getTime() : wallTime(after, zone)
  for (const hour of fields.hours)
    for (const minute of fields.minutes) {
      const wall = day * dayMs + (hour * 60 + minute) * 60_000
      // Clocks never change by more than this; what is further away is surely before or after.
      if (wall < shown - mostChangeMs || wall > last) continue
      const at = zone === undefined ? new Date(wall) : momentOf(wall, zone)
      if (at <= after || (first !== undefined && at >= first)) continue
      if (zone === undefined) return at
      first = at
      last = wall + mostChangeMs
    }
  return first
}

function namesDay(fields: Fields, day: Date): boolean {
  if (!fields.months.has(day.getUTCMonth() + 1)) return false
  const ofMonth = fields.daysOfMonth.has(day.getUTCDate())
  const ofWeek = fields.daysOfWeek.has(day.getUTCDay())
  return fields.eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek
}

function hourlyFields(timetable: HourlyTimetable): Fields {
  const { perHour, hoursOfDay, daysOfWeek, daysOfMonth, months } = timetable
  return {
    minutes: Array.from({ length: perHour }, (_, index) => Math.floor((index * 60) / perHour)),
    hours: [...new Set(hoursOfDay)].sort((a, b) => a - b),
    daysOfMonth: new Set(daysOfMonth ?? range(1, 31)),
    months: new Set(months === undefined ? range(1, 12) : months.map((name) => monthNames.indexOf(name) + 1)),
    daysOfWeek: new Set(daysOfWeek === undefined ? range(0, 6) : daysOfWeek.map((name) => dayNames.indexOf(name))),
    eitherDay: false,
  }
}

function cronFields(cron: string): Fields {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = cron.trim().split(/\s+/)
  return {
    minutes: values(cron, minute, 0, 59, []),
    hours: values(cron, hour, 0, 23, []),
    daysOfMonth: new Set(values(cron, dayOfMonth, 1, 31, [])),
    months: new Set(values(cron, month, 1, 12, ['', ...monthNames])),
    // 7 is Sunday too.
    daysOfWeek: new Set(values(cron, dayOfWeek, 0, 7, dayNames).map((day) => day % 7)),
    eitherDay: dayOfMonth !== '*' && dayOfWeek !== '*',
  }
}

function values(cron: string, field: string, min: number, max: number, names: readonly string[]): readonly number[] {
  const found = field.split(',').flatMap((part) => {
    if (part === '*') return range(min, max)
    const [from = Number.NaN, to = from] = part.split('-').map((end) => numberOf(end, names))
    return range(from, to)
  })
  if (found.length === 0 || found.some((value) => !(value >= min && value <= max)))
    throw new AppError(
      'bad-request',
      `The cron text '${cron}' cannot be used: '${field}' is not between ${min} and ${max}.`,
    )
  return [...new Set(found)].sort((a, b) => a - b)
}

function numberOf(text: string, names: readonly string[]): number {
  if (/^\d{1,2}$/.test(text)) return Number(text)
  const named = names.indexOf(text.toUpperCase())
  return text === '' || named < 0 ? Number.NaN : named
}

function range(from: number, to: number): readonly number[] {
  if (Number.isNaN(from) || Number.isNaN(to)) return [Number.NaN]
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
}
