import type { QueueFilter } from '@rondo/model'
import type { AttemptRef } from '@rondo/protocol'
import type { HeldAttempt, Holder } from './held-attempt.ts'
import { batchKept, type EmptyHanded, leftEmpty } from './invariants/queue.ts'
import type { Report } from './invariants/rules.ts'
import type { MemoryDatabase } from './memory-database.ts'

interface Order {
  readonly attemptId: string
  readonly reason: 'canceled' | 'timed-out' | 'gone'
}

/**
 * Sees what happens on the agents' machines, where no server can look: that code starts once, that orders arrive, and
 * that what agents were told is known is there.
 *
 * 12. User code starts at most once in an attempt, and, as nobody asked for more, at most once in a task.
 * 13. An agent that asks is told to stop what is not its own any more, and what was canceled.
 * 14. Entries that were acknowledged are stored, each once.
 * 15. No agent still runs anything once the world has come to rest.
 * 16. The output of a step does not grow after its end.
 * 21. The output of every step is ended.
 * 29. How a job ended is unknown only when its agent was there and had lost what it knew.
 * 17. A pipeline that somebody was told of is there.
 */
export class Witness {
  readonly #database: MemoryDatabase
  readonly #report: Report
  readonly #startsOfTask = new Map<string, number>()
  readonly #held: { agent: Holder; held: HeldAttempt; acknowledged: number }[] = []
  readonly #outputs = new Map<string, { size: number; closed: boolean }>()
  readonly #promised: string[] = []
  readonly #batches = new Map<string, QueueFilter>()
  /** Attempts that only their agents' own fault made them forget. */
  readonly #forgotten = new Set<string>()
  starts = 0

  constructor(database: MemoryDatabase, report: Report) {
    this.#database = database
    this.#report = report
  }

  holds(agent: Holder, held: HeldAttempt): void {
    this.#held.push({ agent, held, acknowledged: 0 })
  }

  forgot(attemptId: string): void {
    this.#forgotten.add(attemptId)
  }

  started(agent: string, ref: AttemptRef): void {
    this.starts++
    const attempt = this.#database.attempts.get(ref.attemptId)?.committed
    if (attempt === undefined) {
      this.#report(12, `${agent} started an attempt that nobody knows`)
      return
    }
    const starts = (this.#startsOfTask.get(attempt.taskId) ?? 0) + 1
    this.#startsOfTask.set(attempt.taskId, starts)
    if (attempt.grantedAt === null) this.#report(12, `${agent} started without a grant`)
    if (starts > 1) this.#report(12, `${agent} started a task for the ${starts}. time`)
  }

  /** What a heartbeat that is sent now must be told. */
  ordersDue(attempts: readonly AttemptRef[]): readonly Order[] {
    return attempts.flatMap(({ attemptId }): Order[] => {
      const attempt = this.#database.attempts.get(attemptId)?.committed
      const task = this.#database.tasks.get(attempt?.taskId ?? '')?.committed
      if (attempt === undefined || task === undefined) return []
      if (task.attemptId !== attemptId || attempt.phase === 'finished') return [{ attemptId, reason: 'gone' }]
      return task.stopReason === null ? [] : [{ attemptId, reason: task.stopReason }]
    })
  }

  ordersGiven(agent: string, due: readonly Order[], given: readonly Order[]): void {
    for (const order of due)
      if (!given.some((other) => other.attemptId === order.attemptId))
        this.#report(13, `${agent} was not told that an attempt is ${order.reason}`)
    for (const order of given) {
      const attempt = this.#database.attempts.get(order.attemptId)?.committed
      const task = this.#database.tasks.get(attempt?.taskId ?? '')?.committed
      const own = task?.attemptId === order.attemptId && attempt?.phase !== 'finished' && task?.stopReason === null
      if (own) this.#report(13, `${agent} was told to stop what is its own`)
    }
  }

  /** The store of output, which only counts. */
  appended(stepId: string, offset: number, length: number): number {
    const output = this.#outputs.get(stepId) ?? { size: 0, closed: false }
    this.#outputs.set(stepId, output)
    if (offset > output.size) return output.size
    const size = Math.max(output.size, offset + length)
    if (output.closed && size > output.size) this.#report(16, `the output of step ${stepId} grew after its end`)
    output.size = size
    return size
  }

  closed(stepId: string): void {
    this.#outputs.set(stepId, { size: this.#outputs.get(stepId)?.size ?? 0, closed: true })
  }

  /** Whose bytes are gone: only of what has ended (rule 30). */
  removed(stepId: string): void {
    for (const { committed: step } of this.#database.steps.values()) {
      if (step?.id !== stepId) continue
      const attempt = this.#database.attempts.get(step.attemptId)?.committed
      if (attempt?.phase !== 'finished') this.#report(30, `the output of step ${stepId} was taken while it runs`)
    }
  }

  /** Somebody was told that this workflow is rerun; at the time of asking it was taken or not. */
  reran(workflowId: string, takenBefore: boolean): void {
    if (takenBefore) this.#report(34, `workflow ${workflowId} was taken, and a rerun of it was not refused`)
  }

  leftEmpty(agent: string, request: EmptyHanded, askedAt: number): void {
    leftEmpty(this.#database, agent, { ...request, askedAt }, this.#report)
  }

  /** Whoever cancels in this name cancels what this filter names. */
  batch(actorId: string, filter: QueueFilter): void {
    this.#batches.set(actorId, filter)
  }

  promised(pipelineId: string): void {
    this.#promised.push(pipelineId)
  }

  acknowledged(held: HeldAttempt, known: number): void {
    const seen = this.#held.find((other) => other.held === held)
    if (seen !== undefined) seen.acknowledged = Math.max(seen.acknowledged, known)
  }

  atRest(): void {
    for (const { committed: job } of this.#database.jobs.values()) {
      const filter = this.#batches.get(job?.canceledBy ?? '')
      if (job !== undefined && filter !== undefined) batchKept(this.#database, job, filter, this.#report)
    }
    for (const id of this.#promised) if (!this.#isKnown(id)) this.#report(17, `pipeline ${id} is lost`)
    for (const { committed: step } of this.#database.steps.values())
      if (step !== undefined && this.#outputs.get(step.id)?.closed !== true)
        this.#report(21, `the output of step ${step.id} (${step.result}) was never ended`)
    for (const { committed: attempt } of this.#database.attempts.values())
      if (attempt?.result === 'unknown' && !this.#forgotten.has(attempt.id))
        this.#report(29, `attempt ${attempt.id} is said to be forgotten; its agent knew of it`)
    const tests = new Map<string, number>()
    const layers = new Map<string, number>()
    const startedOnce = new Set(this.#held.flatMap(({ held }) => (held.started ? [held.ref.attemptId] : [])))
    for (const { agent, held, acknowledged } of this.#held) {
      // A claim whose answer came so late that the attempt had been and gone: it was refused its start.
      if (!held.started && startedOnce.has(held.ref.attemptId)) continue
      const attempt = this.#database.attempts.get(held.ref.attemptId)?.committed
      const jobId = this.#database.tasks.get(attempt?.taskId ?? '')?.committed?.jobId
      if (attempt === undefined || jobId === undefined) continue
      if (agent.disk.get(attempt.id) === held) this.#report(15, `${agent.name} still holds an attempt at rest`)
      if (attempt.acknowledged < acknowledged)
        this.#report(14, `${agent.name} was told that ${acknowledged} entries are known; ${attempt.acknowledged} are`)
      const known = held.entries.slice(0, attempt.acknowledged)
      const started = known.filter((entry) => entry.type === 'step-started').length
      const stored =
        this.#database.stepsOfAttempt.get(attempt.id)?.filter((cell) => cell.committed !== undefined).length ?? 0
      if (started !== stored) this.#report(14, `${started} steps were reported and ${stored} are stored`)
      const count = (type: string) => known.filter((entry) => entry.type === type).length
      tests.set(jobId, (tests.get(jobId) ?? 0) + count('tests-stored'))
      layers.set(jobId, (layers.get(jobId) ?? 0) + count('workspace-persisted'))
      if (known.at(-1)?.type === 'task-finished' && attempt.phase !== 'finished')
        this.#report(14, 'the end of a task was acknowledged, and it has not ended')
    }
    for (const [jobId, expected] of tests) this.#compare('test reports', jobId, expected)
    for (const [jobId, expected] of layers) {
      const taken = this.#database.takenWorkspaces.get(jobId)?.committed !== undefined
      this.#compare('layers', jobId, taken ? 0 : expected)
    }
  }

  /** There, or taken by retention when it was old enough. */
  #isKnown(pipelineId: string): boolean {
    return (
      this.#database.pipelines.has(pipelineId) &&
      this.#database.pipelines.get(pipelineId)!.changedAt > Number.NEGATIVE_INFINITY
    )
  }

  #compare(what: 'test reports' | 'layers', jobId: string, expected: number): void {
    const kind = what === 'layers' ? 'layer' : 'tests'
    const left = this.#database.leftByJob.get(jobId) ?? []
    const stored = left.filter((cell) => cell.committed?.kind === kind).length
    const name = this.#database.jobs.get(jobId)?.committed?.name
    if (stored !== expected) this.#report(14, `job ${name} has ${stored} ${what}; ${expected} were reported`)
  }
}
