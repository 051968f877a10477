import type { Clock, DueSchedule, Project, Timetable, TriggerRequest } from '@rondo/model'
import { expect, test } from 'vitest'
import { runDueSchedules, type SchedulePorts } from './run-schedules.ts'

const minute = 60_000
const [from, until] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)]

/** With the moments at which each is to run, counted in another way than the scheduler counts them. */
const kinds: readonly { readonly name: string; readonly timetable: Timetable; readonly moments: readonly number[] }[] =
  [
    { name: 'hourly', timetable: { cron: '0 * * * *' }, moments: everyMs(60 * minute) },
    { name: 'berlin', timetable: daily(2, 'Europe/Berlin'), moments: wallTimes('Europe/Berlin', '02:30', '03:30') },
    {
      name: 'new york',
      timetable: daily(1, 'America/New_York'),
      moments: wallTimes('America/New_York', '01:30', '02:30'),
    },
  ]

/** Runs at the half hour too, and counts only those: of two an hour the second. */
function daily(hour: number, timeZone: string): Timetable {
  return { perHour: 2, hoursOfDay: [hour], timeZone }
}

function everyMs(ms: number): readonly number[] {
  return Array.from({ length: (until - from) / ms }, (_, index) => from + (index + 1) * ms)
}

/** The first moment of each day at which a clock on the wall shows a time; on the day that leaves it out, the one an hour later. */
function wallTimes(timeZone: string, shown: string, instead: string): readonly number[] {
  const wall = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  const days = new Map<string, number>()
  for (const wanted of [shown, instead])
    for (let at = from; at < until; at += 30 * minute) {
      const [day = '', time] = wall.format(at).split(' ')
      if (time === wanted && !days.has(day)) days.set(day, at)
    }
  return [...days.values()].toSorted((a, b) => a - b)
}

/** A generator whose numbers follow from its seed (the one of Park and Miller). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 0x7fffffff
    return state / 0x7fffffff
  }
}

interface Run {
  readonly due: number
  readonly at: number
}

/** One schedule in a database that outlives the servers: a run and the next due time are written together, or not at all. */
function createWorld(timetable: Timetable, first: number, random: () => number) {
  let now = from
  let nextAt: number | null = first
  const runs: Run[] = []
  const schedule = {
    id: 'it',
    projectId: 'p',
    name: 'it',
    branch: 'main',
    tag: null,
    timetable,
    parameters: {},
    actorId: null,
  }
  const clock: Clock = { now: () => new Date(now), monotonicMs: () => now, sleep: async () => {} }
  /** Set while the server that looks is killed on the way: before the commit, or before it hears of it. */
  let dies: 'before' | 'after' | undefined
  const ports: SchedulePorts = {
    clock,
    accounts: { project: async () => ({ id: 'p', defaultBranch: 'main' }) as Project },
    schedules: {
      due: async () =>
        nextAt !== null && nextAt <= now
          ? [{ ...schedule, nextAt: new Date(nextAt), lateMs: now - nextAt } as unknown as DueSchedule]
          : [],
    },
    actions: {
      async trigger({ schedule: fired }: TriggerRequest) {
        if (dies === 'before') throw new Error('killed')
        if (fired === undefined || fired.dueAt.getTime() !== nextAt) return undefined
        runs.push({ due: nextAt, at: now })
        nextAt = fired.nextAt?.getTime() ?? null
        if (dies === 'after') throw new Error('killed')
        return undefined
      },
    },
  }
  return {
    runs,
    isDue: () => nextAt !== null && nextAt <= now,
    async look(at: number) {
      now = at
      dies = random() < 0.2 ? (random() < 0.5 ? 'before' : 'after') : undefined
      await runDueSchedules(ports)
      return dies === undefined
    },
  }
}

test.each(kinds)(
  'through a year of restarts around every due time the schedule $name misses no run, runs none twice, and is caught up at the first look [R-31]',
  async ({ timetable, moments }) => {
    const random = randomFrom(31)
    // A timetable of two an hour has runs that are not counted here.
    const counted = new Set(moments)
    const world = createWorld(timetable, moments[0]!, random)
    let looks = 0
    // Two servers look every few minutes; around a due time each may be away for some minutes, now and then for a day.
    const away = [0, 0]
    for (let at = from; at < until; at += minute) {
      if (random() < 0.5) continue
      const server = random() < 0.5 ? 0 : 1
      if (at < away[server]!) continue
      if (random() < (world.isDue() ? 0.4 : 0.01)) {
        away[server] = at + random() * (random() < 0.05 ? 1_440 : 10) * minute
        continue
      }
      looks++
      if (await world.look(at)) expect(world.isDue()).toBe(false)
    }

    const runs = world.runs.filter((run) => counted.has(run.due))
    const missed: number[] = []
    for (const [index, { due, at }] of world.runs.entries()) {
      expect(at).toBeGreaterThanOrEqual(due)
      const next = world.runs[index + 1]
      if (next === undefined) break
      expect(next.due).toBeGreaterThan(at)
      // Whatever was due between this run and the next due time was due while this run was late, and is caught up by it.
      missed.push(...moments.filter((moment) => moment > at && moment < next.due))
    }
    expect(missed).toEqual([])
    expect(new Set(runs.map((run) => run.due)).size).toBe(runs.length)
    expect(runs.length).toBeGreaterThan(moments.length * 0.5)
    expect(looks).toBeGreaterThan(50_000)
  },
)
