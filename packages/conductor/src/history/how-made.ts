import { ofSchedule } from './of-schedule.ts'

/** What a pipeline came of, and of which revision, as far as its event says: those of older servers say less. */
export function howMade(data: Readonly<Record<string, unknown>>): string {
  return `${ofSchedule(data) || (causes[String(data.trigger)] ?? '')}${placeOf(data)}`
}

/** Of which branch or tag, and of which revision; in brackets. */
export function placeOf(data: Readonly<Record<string, unknown>>): string {
  const place = [refOf(data), typeof data.revision === 'string' ? `at ${data.revision.slice(0, 12)}` : '']
  const where = place.filter((part) => part !== '').join(' ')
  return where === '' ? '' : ` (${where})`
}

const causes: Readonly<Record<string, string>> = { webhook: ' by a push', explicit: ' by the API', api: ' by the API' }

function refOf({ branch, tag }: Readonly<Record<string, unknown>>): string {
  if (typeof branch === 'string') return `branch ${branch}`
  return typeof tag === 'string' ? `tag ${tag}` : ''
}
