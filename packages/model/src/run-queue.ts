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

/** What did not fit for this long gets an agent that makes room for it. */
export const patienceMs = 60_000

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
  const rank = ranking(view)
  let next: Ranked | undefined
  let starved: Ranked | undefined
  for (const line of view.lines) {
    const fits =
      Math.min(line.cpus, room.machine.cpus) <= room.free.cpus &&
      Math.min(line.memoryMb, room.machine.memoryMb) <= room.free.memoryMb
    if (!fits && line.since >= room.patientUntil) continue
    if (!line.promoted && full.some((limit) => limitCovers(limit, line))) continue
    if (fits) next = firstOf(next, rank(line))
    else starved = firstOf(starved, rank(line))
  }
  if (starved !== undefined && (next === undefined || starved.line.since < next.line.since))
    return { line: starved.line, action: 'hold' }
  return next === undefined ? undefined : { line: next.line, action: 'take' }
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

/** Whether new work of a project is blocked: its own, its organisation's, or everybody's. A limit of one class leaves the others. */
export function isBlocked(
  limits: readonly TaskLimit[],
  { organizationId, projectId }: Pick<QueueLine, 'organizationId' | 'projectId'>,
): boolean {
  return limits.some(
    (limit) =>
      limit.maxTasks === 0 &&
      limit.resourceClass === null &&
      limitCovers(limit, { organizationId, projectId, resourceClass: '' }),
  )
}

/** Whether so many tasks run under a limit that no more may start. */
export function isFull(limit: TaskLimit, running: readonly RunningTasks[]): boolean {
  return runningUnder(limit, running) >= limit.maxTasks
}

/** How many tasks that a limit counts run. */
export function runningUnder(limit: TaskLimit, running: readonly RunningTasks[]): number {
  return running.reduce((sum, one) => (limitCovers(limit, one) ? sum + one.tasks : sum), 0)
}

/** A line with the CPUs that its organisation and its project use for each unit of their shares. */
interface Ranked {
  readonly line: QueueLine
  readonly organization: number
  readonly project: number
}

/** What runs is summed up once, and when it is asked for: lines are many, and most often none fits. */
function ranking({ running, shares = [], given = [] }: QueueView): (line: QueueLine) => Ranked {
  let used: Map<string, number> | undefined
  const sumUp = () => {
    used = new Map()
    for (const { organizationId, projectId, cpus } of shares.length === 0 ? running : [...running, ...given])
      for (const id of [organizationId, projectId]) used.set(id, (used.get(id) ?? 0) + cpus)
    for (const { organizationId, projectId, share } of shares) {
      const id = projectId ?? organizationId
      used.set(id, ((used.get(id) ?? 0) * standardShare) / share)
    }
    return used
  }
  return (line) => ({
    line,
    organization: (used ?? sumUp()).get(line.organizationId) ?? 0,
    project: (used ?? sumUp()).get(line.projectId) ?? 0,
  })
}

function firstOf(a: Ranked | undefined, b: Ranked): Ranked {
  return a === undefined || compare(a, b) > 0 ? b : a
}

function compare(a: Ranked, b: Ranked): number {
  if (a.line.promoted !== b.line.promoted) return a.line.promoted ? -1 : 1
  if (a.line.promoted) return a.line.since - b.line.since
  return (
    a.organization - b.organization ||
    a.project - b.project ||
    a.line.since - b.line.since ||
    (a.line.taskId < b.line.taskId ? -1 : 1)
  )
}

/** What of a task counts against limits and shares. */
type Counted = Omit<RunningTasks, 'tasks'>

/** A view in which one more task runs. */
export function withOneMore<View extends Pick<QueueView, 'running' | 'given'>>(view: View, task: Counted): View {
  const running = changed(view.running, task, 1)
  return view.given === undefined ? { ...view, running } : { ...view, running, given: changed(view.given, task, 1) }
}

/** A view in which a task of those that run has ended; it stays given. */
export function withOneLess<View extends Pick<QueueView, 'running'>>(view: View, task: Counted): View {
  return { ...view, running: changed(view.running, task, -1) }
}

function changed(tasks: readonly RunningTasks[], task: Counted, by: 1 | -1): readonly RunningTasks[] {
  const { organizationId, projectId, resourceClass, cpus } = task
  const same = (one: RunningTasks) =>
    one.organizationId === organizationId && one.projectId === projectId && one.resourceClass === resourceClass
  const before = tasks.find(same) ?? { organizationId, projectId, resourceClass, tasks: 0, cpus: 0 }
  const after = { ...before, tasks: before.tasks + by, cpus: before.cpus + by * cpus }
  const others = tasks.filter((one) => !same(one))
  return after.tasks > 0 ? [...others, after] : others
}
