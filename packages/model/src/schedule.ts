export const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const
export const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const
export type DayName = (typeof dayNames)[number]
export type MonthName = (typeof monthNames)[number]

/** When a schedule of the API runs; in UTC, where no hour is skipped or comes twice, unless it names a time zone. */
export interface HourlyTimetable {
  /** Runs in each of the hours, 1 to 60, spread evenly from its first minute. */
  readonly perHour: number
  readonly hoursOfDay: readonly number[]
  /** Either days of the week or days of the month. */
  readonly daysOfWeek?: readonly DayName[]
  readonly daysOfMonth?: readonly number[]
  readonly months?: readonly MonthName[]
  /** IANA name whose clocks on the wall count. */
  readonly timeZone?: string
}

/** Five POSIX fields in UTC, as semantics 20 restricts them. */
export interface CronTimetable {
  readonly cron: string
}

export type Timetable = HourlyTimetable | CronTimetable

export interface Schedule {
  readonly id: string
  readonly projectId: string
  /** `config`: from the `triggers` of a workflow, which is the name. */
  readonly origin: 'api' | 'config'
  readonly name: string
  readonly description: string
  /** One of the two. */
  readonly branch: string | null
  readonly tag: string | null
  readonly timetable: Timetable
  /** Pipeline parameters. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** In whose name it runs; null: the system's. */
  readonly actorId: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly nextAt: Date | null
}
