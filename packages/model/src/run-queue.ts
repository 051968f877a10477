import type { Resources } from './resource-class.ts'

/** Waiting tasks of one project that ask for the same machine; they go one after the other. */
export interface QueueLine extends Resources {
  readonly organizationId: string
  readonly projectId: string
  readonly executor: string
  readonly resourceClass: string
  /** The first in line: whether somebody put it before all others, since when it waits (milliseconds of any clock), its id. */
  readonly promoted: boolean
  readonly since: number
  readonly taskId: string
}

/** Running tasks of one project and class. */
export interface RunningTasks {
  readonly organizationId: string
  readonly projectId: string
  readonly resourceClass: string
  readonly tasks: number
  readonly cpus: number
}

/** How many tasks may run at once. No organisation: everybody's; no project: all of the organisation; no class: all classes. */
export interface TaskLimit {
  readonly id: string
  readonly organizationId: string | null
  readonly projectId: string | null
  readonly resourceClass: string | null
  /** 0 blocks new work. */
  readonly maxTasks: number
}

/** What an organisation, or a project within its own, is to get of the machines, beside others; who has none has `standardShare`. */
export interface QueueShare {
  readonly organizationId: string
  /** Null: the organisation. */
  readonly projectId: string | null
  readonly share: number
}

export const standardShare = 100

/** How far back what was given counts, where shares differ: without it a single machine, idle whenever it asks, would forget. */
export const shareMemoryMs = 600_000

export interface QueueView {
  readonly lines: readonly QueueLine[]
  readonly running: readonly RunningTasks[]
  readonly limits: readonly TaskLimit[]
  /** Absent or empty: all are alike, and only what runs counts. */
  readonly shares?: readonly QueueShare[]
  /** Tasks given within `shareMemoryMs`, running or not; needed with shares only. */
  readonly given?: readonly RunningTasks[]
}

/** `hold`: this line has waited long for room; an agent that could make room takes nothing else. */
export interface NextLine {
  readonly line: QueueLine
  readonly action: 'take' | 'hold'
}

/**
 * Whose turn it is on a machine with this much room. Promoted tasks first. Then the organisation that uses the fewest CPUs for its
 * share, in it the project that does, in it who waits longest. Where shares differ, what was given lately counts as used, so
 * that who was given nothing for that long comes before everybody, however small its share. What does not fit is passed over, so a large task holds up nobody;
 * once it has waited past `patientUntil`, room is made for it, so it does not wait for ever. Plain function of the view.
 */
export function nextLine(
  view: QueueView,
  room: { readonly free: Resources; readonly machine: Resources; readonly patientUntil: number },
): NextLine | undefined {
  const full = view.limits.filter((limit) => isFull(limit, view.running))
  const order = orderOf(view)
  const fits = (line: QueueLine) =>
    Math.min(line.cpus, room.machine.cpus) <= room.free.cpus &&
    Math.min(line.memoryMb, room.machine.memoryMb) <= room.free.memoryMb
  let next: QueueLine | undefined
  let starved: QueueLine | undefined
  for (const line of view.lines) {
    if (!line.promoted && full.some((limit) => limitCovers(limit, line))) continue
    if (fits(line)) next = next === undefined || order(line, next) < 0 ? line : next
    else if (line.since < room.patientUntil)
      starved = starved === undefined || order(line, starved) < 0 ? line : starved
  }
  if (starved !== undefined && (next === undefined || starved.since < next.since))
    return { line: starved, action: 'hold' }
  return next === undefined ? undefined : { line: next, action: 'take' }
}

/** The limit that keeps a line from starting a task now; undefined when none does. */
export function limitOn(
  line: Pick<QueueLine, 'organizationId' | 'projectId' | 'resourceClass'>,
  { running, limits }: Pick<QueueView, 'running' | 'limits'>,
): TaskLimit | undefined {
  return limits.find((limit) => limitCovers(limit, line) && isFull(limit, running))
}

/** Whether a limit counts tasks like these. */
export function limitCovers(
  limit: TaskLimit,
  one: Pick<QueueLine, 'organizationId' | 'projectId' | 'resourceClass'>,
): boolean {
  return (
    (limit.organizationId === null || limit.organizationId === one.organizationId) &&
    (limit.projectId === null || limit.projectId === one.projectId) &&
    (limit.resourceClass === null || limit.resourceClass === one.resourceClass)
  )
}

function isFull(limit: TaskLimit, running: readonly RunningTasks[]): boolean {
  return running.reduce((sum, one) => (limitCovers(limit, one) ? sum + one.tasks : sum), 0) >= limit.maxTasks
}

/** Which of two lines comes first. What runs is summed up once: lines are many, and compared again and again. */
function orderOf({ running, shares = [], given = [] }: QueueView): (a: QueueLine, b: QueueLine) => number {
  const used = new Map<string, number>()
  for (const { organizationId, projectId, cpus } of shares.length === 0 ? running : [...running, ...given])
    for (const id of [organizationId, projectId]) used.set(id, (used.get(id) ?? 0) + cpus)
  const share = new Map(shares.map((one) => [one.projectId ?? one.organizationId, one.share]))
  /** CPUs of an organisation, or a project, for each unit of its share. */
  const use = (id: string) => (used.get(id) ?? 0) / (shares.length === 0 ? 1 : (share.get(id) ?? standardShare))
  return (a, b) => {
    if (a.promoted !== b.promoted) return a.promoted ? -1 : 1
    if (a.promoted) return a.since - b.since
    return (
      use(a.organizationId) - use(b.organizationId) ||
      use(a.projectId) - use(b.projectId) ||
      a.since - b.since ||
      (a.taskId < b.taskId ? -1 : 1)
    )
  }
}

/** A view in which one more task of the line runs. */
export function withOneMore(view: QueueView, line: QueueLine): QueueView {
  const running = added(view.running, line)
  return view.given === undefined ? { ...view, running } : { ...view, running, given: added(view.given, line) }
}

function added(tasks: readonly RunningTasks[], line: QueueLine): readonly RunningTasks[] {
  const { organizationId, projectId, resourceClass, cpus } = line
  const same = (one: RunningTasks) =>
    one.organizationId === organizationId && one.projectId === projectId && one.resourceClass === resourceClass
  const before = tasks.find(same) ?? { organizationId, projectId, resourceClass, tasks: 0, cpus: 0 }
  return [...tasks.filter((one) => !same(one)), { ...before, tasks: before.tasks + 1, cpus: before.cpus + cpus }]
}
