import {
  AppError,
  isFinalWorkflowStatus,
  type NewEvent,
  type QueueShare,
  type Schedule,
  type Wakeups,
} from '@rondo/model'
import type {
  AttemptRow,
  CacheRow,
  ChoreRow,
  InstanceRow,
  JobRow,
  LeftRow,
  LimitRow,
  LockRow,
  PipelineRow,
  ProjectRow,
  RequestKeyRow,
  RequirementRow,
  ReservationRow,
  ScheduleRow,
  StepRow,
  TaskRow,
  WorkflowRow,
} from './memory-rows.ts'

/** One row: what is committed, and what the transaction that holds its lock has made of it. */
export class Cell<Row> {
  readonly table: string
  committed: Row | undefined
  pending: Row | undefined
  /** Whether `pending` counts. */
  dirty = false
  holder: Work | undefined
  /** Transactions that share it: nobody else may hold it meanwhile. */
  readonly sharers = new Set<Work>()
  waiters: (() => void)[] = []
  /** Since when `holder` holds it. */
  heldAt = Number.NEGATIVE_INFINITY
  /** When its committed row changed last, and when its lock was given up last; for those who watch. */
  changedAt = Number.NEGATIVE_INFINITY
  freedAt = Number.NEGATIVE_INFINITY

  constructor(table: string) {
    this.table = table
  }
}

export type Topic = Parameters<Wakeups['wait']>[0]

export interface Change {
  readonly table: string
  /** Since when the transaction held the row: nothing could happen to it from then on. */
  readonly heldAt: number
  readonly before: unknown
  readonly after: unknown
}

/** What a commit made true; told to those who watch the database from outside. */
export interface Commit {
  readonly at: number
  /** When the transaction began. */
  readonly began: number
  readonly changes: readonly Change[]
  readonly events: readonly NewEvent[]
  readonly by: object
}

/** PostgreSQL found that two transactions wait for each other. The store runs one of them again. */
export class Deadlock extends Error {}

/**
 * An in-memory stand-in for PostgreSQL as the engine uses it: read committed, row locks that last until the end of the
 * transaction, writes that nobody sees before the commit and that a rollback undoes, times that are those of the
 * transaction's start. The contract test holds it against the real one.
 */
export class MemoryDatabase {
  readonly projects = new Map<string, Cell<ProjectRow>>()
  readonly pipelines = new Map<string, Cell<PipelineRow>>()
  readonly workflows = new Map<string, Cell<WorkflowRow>>()
  readonly jobs = new Map<string, Cell<JobRow>>()
  readonly jobsOfWorkflow = new Map<string, Cell<JobRow>[]>()
  readonly tasks = new Map<string, Cell<TaskRow>>()
  readonly tasksOfJob = new Map<string, Cell<TaskRow>[]>()
  readonly attempts = new Map<string, Cell<AttemptRow>>()
  /** By attempt and index. */
  readonly steps = new Map<string, Cell<StepRow>>()
  readonly stepsOfAttempt = new Map<string, Cell<StepRow>[]>()
  readonly caches = new Map<string, Cell<CacheRow>>()
  readonly left = new Map<string, Cell<LeftRow>>()
  readonly requirements = new Map<string, Cell<RequirementRow>>()
  readonly requirementsOn = new Map<string, Cell<RequirementRow>[]>()
  readonly requirementsOf = new Map<string, Cell<RequirementRow>[]>()
  readonly leftByJob = new Map<string, Cell<LeftRow>[]>()
  /** By lock node. */
  readonly locks = new Map<string, Cell<LockRow>>()
  /** By organisation; whoever changes lock queues holds it. */
  readonly lockQueues = new Map<string, Cell<true>>()
  readonly chores = new Map<string, Cell<ChoreRow>>()
  /** By id; and of configs by project, branch, workflow and timetable. */
  readonly schedules = new Map<string, Cell<ScheduleRow>>()
  /** By scope and key. */
  readonly requestKeys = new Map<string, Cell<RequestKeyRow>>()
  readonly reservations = new Map<string, Cell<ReservationRow>>()
  /** By scope. */
  readonly limits = new Map<string, Cell<LimitRow>>()
  /** Claims share it; who changes limits holds it. */
  readonly limitTable = new Cell<true>('all limits')
  /** By organisation and project. */
  readonly shares = new Map<string, Cell<QueueShare>>()
  readonly agents = new Map<string, string>()
  /** When each agent was last heard of, and since when it is there without a break; by its id. */
  readonly agentsSeen = new Map<string, { readonly seenAt: number; readonly backAt: number }>()
  /** By the job whose part of the workspace retention took. */
  readonly takenWorkspaces = new Map<string, Cell<{ readonly jobId: string }>>()
  /** Pipelines that retention took and has not cleared away. */
  readonly retired = new Map<string, Cell<{ readonly id: string; readonly projectId: string }>>()
  /** Where walks of several rounds have come. */
  readonly cursors = new Map<string, string>()
  /** Build numbers of jobs that were taken, by project; for those who count. */
  readonly goneNumbers = new Map<string, readonly number[]>()
  /** Server processes by name. */
  readonly instances = new Map<string, InstanceRow>()
  /** When each process looked for due schedules last. */
  readonly scheduleLooks = new WeakMap<object, number>()
  /** When a task was taken or ended last. */
  runningChangedAt = Number.NEGATIVE_INFINITY
  /** Names of contexts by organisation. */
  readonly contexts = new Map<string, Set<string>>()
  readonly organizations = new Map<string, string>()
  /** Tasks that may be queued; those found otherwise are dropped from it in passing. */
  readonly waiting = new Set<Cell<TaskRow>>()
  /** Attempts that may be open, likewise. */
  readonly open = new Set<Cell<AttemptRow>>()
  /** The event log, in the order of the commits. */
  readonly events: NewEvent[] = []
  readonly #clock: { readonly now: number }
  readonly #works = new Set<Work>()
  /** Processes that died: nothing that they still begin gets anywhere. */
  readonly #gone = new WeakSet<object>()
  #ids = 0
  onCommit: (commit: Commit) => void = () => {}
  onNotify: (topic: Topic) => void = () => {}

  constructor(clock: { readonly now: number }) {
    this.#clock = clock
  }

  get now(): number {
    return this.#clock.now
  }

  /** Ids rise with time, as those of PostgreSQL's uuidv7 do. */
  newId(): string {
    return `00000000-0000-7000-8000-${(++this.#ids).toString(16).padStart(12, '0')}`
  }

  /** Numbers rise as identity columns do. */
  newNumber(): number {
    return ++this.#ids
  }

  /** A project with what surrounds it, as if it had always been there. */
  addProject(project: { organizationId: string; name: string; contexts: readonly string[] }): {
    readonly organizationId: string
    readonly projectId: string
    readonly userId: string
    readonly context: string
  } {
    const { organizationId, name, contexts } = project
    const id = this.newId()
    const cell = new Cell<ProjectRow>('projects')
    cell.committed = { id, organizationId, name, pipelineNumber: 0, buildNumber: 0 }
    this.projects.set(id, cell)
    this.contexts.set(organizationId, new Set(contexts))
    this.organizations.set(organizationId, `organisation of ${name}`)
    return { organizationId, projectId: id, userId: this.newId(), context: contexts[0] ?? '' }
  }

  /** A schedule of the API for each hour of every day, of which some runs were missed before anybody was there. */
  addSchedule(projectId: string, { perHour, missed }: { readonly perHour: number; readonly missed: number }): void {
    const id = this.newId()
    const schedule: Schedule = {
      id,
      projectId,
      origin: 'api',
      name: `schedule ${id}`,
      description: '',
      branch: 'main',
      tag: null,
      timetable: { perHour, hoursOfDay: Array.from({ length: 24 }, (_, hour) => hour) },
      parameters: {},
      actorId: null,
      createdAt: new Date(0),
      updatedAt: new Date(0),
      nextAt: null,
    }
    const cell = new Cell<ScheduleRow>('schedules')
    cell.committed = { projectId, branch: 'main', nextAt: ((1 - missed) * 3_600_000) / perHour, schedule }
    this.schedules.set(id, cell)
  }

  /** Whether nothing is left to happen in it. */
  get quiet(): boolean {
    for (const { committed: workflow } of this.workflows.values())
      if (workflow !== undefined && !isFinalWorkflowStatus(workflow.status)) return false
    for (const { committed: task } of this.tasks.values())
      if (task !== undefined && task.phase !== 'finished') return false
    for (const { committed: chore } of this.chores.values()) if (chore !== undefined) return false
    for (const { committed: retired } of this.retired.values()) if (retired !== undefined) return false
    for (const { committed: pipeline } of this.pipelines.values()) if (pipeline?.state === 'pending') return false
    for (const { committed: attempt } of this.open)
      if (attempt !== undefined && attempt.phase !== 'finished') return false
    return true
  }

  begin(by: object): Work {
    const work = new Work(this, by)
    if (this.#gone.has(by)) work.over = true
    else this.#works.add(work)
    return work
  }

  ended(work: Work): void {
    this.#works.delete(work)
  }

  /** What PostgreSQL does with the transactions of a process that died, or with all when it is itself killed. */
  abort(by?: object): void {
    if (by !== undefined) this.#gone.add(by)
    for (const work of [...this.#works]) if (by === undefined || work.by === by) work.rollback()
  }
}

/** One open transaction. */
export class Work {
  readonly by: object
  /** `now()` of PostgreSQL: the time at which the transaction began. */
  readonly now: number
  readonly #database: MemoryDatabase
  readonly #held: Cell<unknown>[] = []
  readonly #shared: Cell<unknown>[] = []
  readonly #events: NewEvent[] = []
  readonly #topics = new Set<Topic>()
  #waitsFor: Work | undefined
  #wake: (() => void) | undefined
  over = false

  constructor(database: MemoryDatabase, by: object) {
    this.#database = database
    this.by = by
    this.now = database.now
  }

  read<Row>(cell: Cell<Row> | undefined): Row | undefined {
    // A process that died over one statement may still be asking for another.
    this.requireOpen()
    if (cell === undefined) return undefined
    return cell.holder === this && cell.dirty ? cell.pending : cell.committed
  }

  /** Holds the row until the end of the transaction; waits while another does. Answers the row as it is then. */
  async lock<Row>(cell: Cell<Row>): Promise<Row | undefined> {
    // Its process may have died since it asked for the statement; a lock that it took now would be held for ever.
    this.requireOpen()
    for (let other = this.#inTheWay(cell); other !== undefined; other = this.#inTheWay(cell))
      await this.#waitFor(cell, other)
    if (cell.holder === undefined) this.#hold(cell)
    return this.read(cell)
  }

  /** Holds the row beside others that do the same; who wants it alone waits for all of them. */
  async share(cell: Cell<unknown>): Promise<void> {
    this.requireOpen()
    while (cell.holder !== undefined && cell.holder !== this) await this.#waitFor(cell, cell.holder)
    cell.sharers.add(this)
    this.#shared.push(cell)
  }

  /** Whether the row could be locked without waiting (`skip locked`). */
  tryLock(cell: Cell<unknown>): boolean {
    this.requireOpen()
    if (cell.holder !== undefined) return cell.holder === this
    this.#hold(cell)
    return true
  }

  #hold(cell: Cell<unknown>): void {
    cell.holder = this
    cell.heldAt = this.#database.now
    this.#held.push(cell)
  }

  #inTheWay(cell: Cell<unknown>): Work | undefined {
    if (cell.holder !== undefined) return cell.holder === this ? undefined : cell.holder
    for (const other of cell.sharers) if (other !== this) return other
    return undefined
  }

  async #waitFor(cell: Cell<unknown>, first: Work): Promise<void> {
    for (let other: Work | undefined = first; other !== undefined; other = other.#waitsFor)
      if (other === this) throw new Deadlock('two transactions wait for each other')
    this.#waitsFor = first
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      cell.waiters.push(resolve)
    })
    this.#waitsFor = undefined
    this.requireOpen()
  }

  /** The row must be locked. */
  write<Row>(cell: Cell<Row>, row: Row): void {
    this.requireOpen()
    if (cell.holder !== this) throw new Error(`a row of ${cell.table} was written without its lock`)
    cell.pending = row
    cell.dirty = true
  }

  /** The row must be locked. */
  remove(cell: Cell<unknown>): void {
    this.write(cell, undefined)
  }

  insert<Row>(table: string, rows: Map<string, Cell<Row>>, key: string, row: Row): Cell<Row> {
    const cell = rows.get(key) ?? new Cell<Row>(table)
    rows.set(key, cell)
    if (!this.tryLock(cell)) throw new Error(`${table} ${key} is being inserted by two transactions`)
    this.write(cell, row)
    return cell
  }

  append(event: NewEvent): void {
    this.#events.push(event)
    this.#topics.add('events')
  }

  notify(topic: Exclude<Topic, 'events'>): void {
    this.#topics.add(topic)
  }

  /** The connection went away with PostgreSQL, or with the process. */
  requireOpen(): void {
    if (this.over) throw unavailable()
  }

  commit(): void {
    this.requireOpen()
    const changes: Change[] = []
    for (const cell of this.#held) {
      if (!cell.dirty) continue
      changes.push({ table: cell.table, heldAt: cell.heldAt, before: cell.committed, after: cell.pending })
      cell.committed = cell.pending
      cell.changedAt = this.#database.now
    }
    this.#database.events.push(...this.#events)
    this.#release()
    if (changes.length > 0 || this.#events.length > 0)
      this.#database.onCommit({ at: this.#database.now, began: this.now, changes, events: this.#events, by: this.by })
    for (const topic of this.#topics) this.#database.onNotify(topic)
  }

  rollback(): void {
    if (!this.over) this.#release()
  }

  #release(): void {
    this.over = true
    this.#database.ended(this)
    for (const cell of this.#held) {
      cell.dirty = false
      cell.pending = undefined
      cell.holder = undefined
      cell.freedAt = this.#database.now
      wakeAll(cell)
    }
    for (const cell of this.#shared) {
      cell.sharers.delete(this)
      wakeAll(cell)
    }
    this.#wake?.()
  }
}

function wakeAll(cell: Cell<unknown>): void {
  const woken = cell.waiters
  cell.waiters = []
  for (const wake of woken) wake()
}

/** One for all: a world in trouble raises it all the time, and nobody looks where. */
const away = new AppError('unavailable', 'The database cannot be reached at the moment. Try again in a few seconds.')

export function unavailable(): AppError {
  return away
}
