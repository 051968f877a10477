/** Whether the time zone is one that is known by its IANA name, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** What clocks on the wall show at a moment, as milliseconds of a day that were UTC. */
export function wallTime(at: Date, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(at)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
  return (
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) +
    (at.getTime() % 1_000)
  )
}

/**
 * The moment at which clocks on the wall show this. A time that comes twice when they go back counts the first time; one that
 * is left out when they go forward counts as much later as they went forward, so a run of that hour is neither lost nor doubled.
 */
export function momentOf(wall: number, timeZone: string): Date {
  const day = 24 * 3_600_000
  const offsets = [-day, day].map((around) => wallTime(new Date(wall + around), timeZone) - (wall + around))
  const candidates = offsets.map((offset) => wall - offset)
  const exact = candidates.filter((at) => wallTime(new Date(at), timeZone) === wall)
  // Left out: by the offset before the change, which the earlier day still has.
  return new Date(exact.length > 0 ? Math.min(...exact) : candidates[0]!)
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making one costs far more than using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}
