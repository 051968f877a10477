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

export interface QueueView {
  readonly lines: readonly QueueLine[]
  readonly running: readonly RunningTasks[]
  readonly limits: readonly TaskLimit[]
}

/** `hold`: this line has waited long for room; an agent that could make room takes nothing else. */
export interface NextLine {
  readonly line: QueueLine
  readonly action: 'take' | 'hold'
}

/**
 * Whose turn it is on a machine with this much room. Promoted tasks first. Then the organisation that uses the fewest CPUs,
 * in it the project that does, in it who waits longest. What does not fit is passed over, so a large task holds up nobody;
 * once it has waited past `patientUntil`, room is made for it, so it does not wait for ever. Plain function of the view.
 */
export function nextLine(
  view: QueueView,
  room: { readonly free: Resources; readonly machine: Resources; readonly patientUntil: number },
): NextLine | undefined {
  const allowed = view.lines.filter((line) => line.promoted || limitOn(line, view) === undefined)
  const ordered = allowed.toSorted((a, b) => compare(a, b, view.running))
  const fits = (line: QueueLine) =>
    Math.min(line.cpus, room.machine.cpus) <= room.free.cpus &&
    Math.min(line.memoryMb, room.machine.memoryMb) <= room.free.memoryMb
  const starved = ordered.find((line) => !fits(line) && line.since < room.patientUntil)
  const next = ordered.find(fits)
  if (starved !== undefined && (next === undefined || starved.since < next.since))
    return { line: starved, action: 'hold' }
  return next === undefined ? undefined : { line: next, action: 'take' }
}

/** The limit that keeps a line from starting a task now; undefined when none does. */
export function limitOn(
  line: Pick<QueueLine, 'organizationId' | 'projectId' | 'resourceClass'>,
  { running, limits }: Pick<QueueView, 'running' | 'limits'>,
): TaskLimit | undefined {
  const same = (limit: TaskLimit, one: typeof line) =>
    (limit.organizationId === null || limit.organizationId === one.organizationId) &&
    (limit.projectId === null || limit.projectId === one.projectId) &&
    (limit.resourceClass === null || limit.resourceClass === one.resourceClass)
  return limits.find((limit) => {
    if (!same(limit, line)) return false
    const tasks = running.filter((one) => same(limit, one)).reduce((sum, one) => sum + one.tasks, 0)
    return tasks >= limit.maxTasks
  })
}

function compare(a: QueueLine, b: QueueLine, running: readonly RunningTasks[]): number {
  if (a.promoted !== b.promoted) return a.promoted ? -1 : 1
  if (a.promoted) return a.since - b.since
  const ofOrganization = (line: QueueLine) => cpusOf(running, (one) => one.organizationId === line.organizationId)
  const ofProject = (line: QueueLine) => cpusOf(running, (one) => one.projectId === line.projectId)
  return (
    ofOrganization(a) - ofOrganization(b) ||
    ofProject(a) - ofProject(b) ||
    a.since - b.since ||
    (a.taskId < b.taskId ? -1 : 1)
  )
}

function cpusOf(running: readonly RunningTasks[], counts: (one: RunningTasks) => boolean): number {
  return running.filter(counts).reduce((sum, one) => sum + one.cpus, 0)
}

/** A view in which one more task of the line runs. */
export function withOneMore(view: QueueView, line: QueueLine): QueueView {
  const { organizationId, projectId, resourceClass, cpus } = line
  const same = (one: RunningTasks) =>
    one.organizationId === organizationId && one.projectId === projectId && one.resourceClass === resourceClass
  const before = view.running.find(same) ?? { organizationId, projectId, resourceClass, tasks: 0, cpus: 0 }
  const after = { ...before, tasks: before.tasks + 1, cpus: before.cpus + cpus }
  return { ...view, running: [...view.running.filter((one) => !same(one)), after] }
}
