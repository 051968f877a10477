import {
  defaultResourceClass,
  type ExpectedStart,
  type ForecastFacts,
  type ForecastJob,
  isFull,
  nextLine,
  patienceMs,
  type QueueLine,
  type QueueView,
  type RunningTasks,
  resourcesOf,
  withOneLess,
  withOneMore,
} from '@rondo/model'
import { createEnds, type Ends } from './ends.ts'
import { createFutureLines, type FutureLines, type FutureTask } from './future-lines.ts'
import { type FutureMachine, futureMachines, occupy, offersAsMuch } from './future-machines.ts'
import { createFutureWorkflows, type Following, type FutureWorkflows } from './future-workflows.ts'
import { createPlaces, type Places } from './places.ts'
import { remainingMs } from './remaining-length.ts'

/** The queue and what runs, played through from one end of a task to the next. */
export class Future {
  /** What has been found out so far. */
  readonly starts = new Map<string, ExpectedStart>()
  /** How often it was asked whose turn it is. */
  turns = 0
  /** Milliseconds since the facts were read. */
  #now = 0
  #view: Omit<QueueView, 'lines'>
  readonly #lines: FutureLines
  readonly #machines: ReadonlyMap<string, FutureMachine>
  readonly #workflows: FutureWorkflows
  readonly #ends: Ends
  readonly #places: Places
  readonly #lengths: ReadonlyMap<string, readonly number[]>
  readonly #handoverMs: number

  constructor(facts: ForecastFacts) {
    const { limits, shares, given } = facts
    const running = facts.running.reduce(withOneMore, { running: [] as readonly RunningTasks[] }).running
    this.#view = { running, limits, shares, given }
    this.#lines = createFutureLines(facts.lines)
    this.#machines = futureMachines(facts.agents, facts.running)
    this.#workflows = createFutureWorkflows(facts)
    this.#places = createPlaces(limits)
    this.#lengths = new Map(facts.jobs.map((job) => [job.id, job.lengths]))
    this.#handoverMs = facts.handoverMs
    this.#ends = createEnds()
    for (const task of facts.running) this.#ends.add(this.#remaining(task.jobId, task.elapsedMs), task)
    this.#queue(this.#workflows.begin())
    this.#fill(this.#machines.values())
    this.#places.full(this.#view)
  }

  /** To the next end of a task, and what starts then. False: nothing runs any more. */
  goOn(): boolean {
    const end = this.#ends.next()
    if (end === undefined) return false
    this.#now = end.at
    const machine = this.#machines.get(end.task.agentId)
    occupy(machine, end.task, -1)
    const before = this.#view
    this.#view = withOneLess(before, end.task)
    const opened = before.limits.some((one) => isFull(one, before.running) && !isFull(one, this.#view.running))
    const more = this.#queue(this.#workflows.ended(end.task.jobId))
    // An end makes room on its own machine; what a limit held back, and what follows in workflows, any machine may take.
    this.#fill(more || opened ? this.#machines.values() : machine === undefined ? [] : [machine])
    return true
  }

  #fill(machines: Iterable<FutureMachine>): void {
    const idle: FutureMachine[] = []
    for (const machine of machines) {
      // Where one that offers as much found nothing, it finds nothing either.
      if (idle.some((other) => offersAsMuch(other, machine))) continue
      while (this.#mayFit(machine) && this.#giveNext(machine));
      idle.push(machine)
    }
  }

  #mayFit({ free, agent }: FutureMachine): boolean {
    return free.tasks > 0 && free.cpus >= Math.min(this.#lines.leastCpus, agent.machine.cpus)
  }

  /** Hands a machine what is its turn; false when nothing fits, or it makes room for something. */
  #giveNext(machine: FutureMachine): boolean {
    this.turns++
    const { agent, free } = machine
    const heads = this.#lines.heads(agent)
    const next = nextLine(
      { ...this.#view, lines: heads.map((task) => task.line) },
      { free, machine: agent.machine, patientUntil: this.#now - patienceMs },
    )
    const task = heads.find((head) => head.line === next?.line)
    if (next === undefined || task === undefined) return false
    if (next.action === 'take') this.#start(task, machine)
    else this.#lines.reserve(task, agent.id)
    return next.action === 'take'
  }

  #start(task: FutureTask, machine: FutureMachine): void {
    const { line, jobId, assumed } = task
    this.#lines.take(task)
    occupy(machine, line, 1)
    this.#view = withOneMore(this.#view, line)
    const place = this.#places.pass(task)
    if (!assumed && !this.starts.has(jobId)) this.starts.set(jobId, { ...place, inMs: this.#now })
    // What is only assumed to wait belongs to no known job, so nothing follows from its end.
    const ends = { ...line, jobId: assumed ? null : jobId, agentId: machine.agent.id }
    this.#ends.add(this.#now + this.#remaining(jobId, 0), ends)
  }

  /** True: there is more to take. */
  #queue({ queued, begun }: Following): boolean {
    for (const { id, status } of begun)
      this.starts.set(id, { kind: status === 'blocked' ? 'jobs' : 'lock', inMs: this.#now, ahead: null })
    for (const job of queued) {
      const line = lineOf(job, this.#now)
      if (line !== undefined)
        this.#lines.add({ line, jobId: job.id, waitsNow: false, assumed: false }, Math.max(1, job.slices))
    }
    return queued.length > 0
  }

  /** Until the next can have its room. */
  #remaining(jobId: string, elapsedMs: number): number {
    return remainingMs(this.#lengths.get(jobId) ?? [], elapsedMs) + this.#handoverMs
  }
}

/** The line in which a job will wait; undefined: it will be refused. */
function lineOf(job: ForecastJob, since: number): QueueLine | undefined {
  const executor = job.executor ?? 'docker'
  const resourceClass = job.resourceClass ?? defaultResourceClass(executor)
  const resources = resourcesOf(executor, resourceClass)
  if (resources === undefined) return undefined
  const { organizationId, projectId, id: taskId } = job
  return { organizationId, projectId, executor, resourceClass, ...resources, promoted: false, since, taskId }
}
