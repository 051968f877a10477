import type { SchedulePlan, Span } from '@rondo/model'
import type { Node } from '../tree/node.ts'
import { child, typeName } from '../tree/node.ts'
import { readFields } from './fields.ts'
import { readNameFilter } from './filters.ts'
import type { Place } from './place.ts'

/** `triggers` of a workflow (semantics 20). */
export function readSchedules(place: Place, node: Node | undefined): readonly SchedulePlan[] {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
  if (node.kind !== 'list') {
    place.report.error('schedule', node.span, `'triggers' of ${place.what} must be a list, found ${typeName(node)}`, {
      chain: place.chain,
    })
    return []
  }
  return node.items.flatMap((item) => readSchedule(place, item) ?? [])
}

function readSchedule(place: Place, item: Node): SchedulePlan | undefined {
  const schedule = child(item, 'schedule')
  if (schedule?.kind !== 'map') {
    place.report.error(
      'schedule',
      item.span,
      "An item of 'triggers' is written: schedule: {cron: …, filters: {branches: …}}",
      { chain: place.chain },
    )
    return undefined
  }
  const fields = readFields({ ...place, what: `a schedule of ${place.what}` }, schedule)
  fields.only(['cron', 'filters'], 'error')
  const cron = fields.text('cron', 'required')
  const filters = fields.node('filters')
  const branchesNode = child(filters, 'branches')
  if (branchesNode === undefined)
    fields.fail(
      'schedule',
      fields.span,
      `A schedule of ${place.what} needs filters with branches`,
      'Add filters: {branches: {only: main}}',
    )
  if (filters?.kind === 'map')
    readFields({ ...place, what: `'filters' of a schedule of ${place.what}` }, filters).only(['branches'], 'error')
  const branches = readNameFilter(place, 'branches', branchesNode)
  if (cron !== undefined && neverComes(cron)) warnOfNever(place, cron, fields.node('cron')!.span)
  const reason = cron === undefined ? undefined : cronMistake(cron)
  if (reason !== undefined)
    fields.fail(
      'schedule',
      fields.node('cron')!.span,
      `The cron text '${cron}' cannot be used: ${reason}`,
      cronHint(cron ?? ''),
    )
  return cron === undefined || branches === undefined ? undefined : { cron, branches }
}

function cronHint(cron: string): string | undefined {
  const fields = cron.trim().split(/\s+/)
  if (fields.length !== bounds.length)
    return 'Write minute, hour, day of month, month and day of week, with blanks between them'
  const step = /^\*\/(\d+)$/.exec(fields[0]!)
  if (step === null) return undefined
  const size = Math.max(1, Number(step[1]))
  const minutes = Array.from({ length: Math.ceil(60 / size) }, (_, index) => index * size)
  return minutes.length > 20
    ? 'Name the minutes, with commas between them'
    : `Write ${minutes.join(',')} for ${fields[0]}`
}

function warnOfNever(place: Place, cron: string, span: Span): void {
  const hint = 'No month it names has such a day'
  place.report.warn('schedule', span, `The schedule '${cron}' never comes`, { chain: place.chain, hint })
}

/** The most days of each month. */
const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Whether none of the months has any of the days. A day of the week beside them makes up for it, as POSIX cron has it. */
function neverComes(cron: string): boolean {
  if (cronMistake(cron) !== undefined) return false
  const [, , day = '', month = '', weekday = ''] = cron.trim().split(/\s+/)
  if (weekday !== '*' || day.split(',').includes('*')) return false
  const first = Math.min(...day.split(/[,-]/).map(Number))
  return monthsOf(month).every((number) => (monthDays[number - 1] ?? 31) < first)
}

function monthsOf(field: string): readonly number[] {
  return field.split(',').flatMap((part) => {
    if (part === '*') return monthDays.map((_, index) => index + 1)
    const [from = 0, to = from] = part.split('-').map(monthNumber)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}

function monthNumber(text: string): number {
  const index = (bounds[3].words as readonly string[]).indexOf(text.toLowerCase())
  return index === -1 ? Number(text) : index + 1
}

const bounds = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of month', min: 1, max: 31, words: [] },
  {
    name: 'month',
    min: 1,
    max: 12,
    words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of week', min: 0, max: 7, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const

/** Why a cron text is refused; undefined when it is fine: five fields, no steps, no ranges of names. */
export function cronMistake(cron: string): string | undefined {
  const fields = cron.trim().split(/\s+/)
  if (fields.length !== bounds.length) return `it has ${fields.length} fields instead of five`
  for (const [index, field] of fields.entries()) {
    const { name, min, max, words } = bounds[index]!
    if (field.includes('/')) return `steps (${field}) are not supported`
    for (const part of field.split(',')) {
      if (part === '*') continue
      const ends = part.split('-')
      const numbers = ends.map((end) =>
        /^\d+$/.test(end) ? Number(end) : (words as readonly string[]).includes(end.toLowerCase()) ? min : undefined,
      )
      if (ends.length > 2 || numbers.some((number) => number === undefined || number < min || number > max))
        return `'${part}' is no ${name}`
      if (ends.length === 2 && !/^\d+-\d+$/.test(part)) return `ranges of names (${part}) are not supported`
      if (ends.length === 2 && numbers[0]! > numbers[1]!) return `the range '${part}' runs backwards`
      if (ends.length === 2 && field.includes(',')) return `ranges inside lists (${field}) are not supported`
    }
  }
  return undefined
}
