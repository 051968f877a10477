import { randomUUID } from 'node:crypto'
import type { CacheScope, EngineStore, EngineTransaction, FencedRef, NewJob } from '@rondo/model'
import type { MemoryQueue } from '../memory-queue.ts'
import type { Random } from '../random.ts'
import type { EngineHome, EngineStand } from './engine-stand.ts'
import { plain } from './script-answers.ts'

/** Names nothing. */
export const unknownId = '00000000-0000-4000-8000-000000000000'

/** What a script has made so far, and how it draws from it. */
export class ScriptState {
  readonly engine: EngineStore
  readonly queue: MemoryQueue
  readonly home: EngineHome
  readonly random: Random
  readonly agents: string[] = []
  readonly pipelines: string[] = []
  readonly workflows: string[] = []
  readonly jobs: { id: string; parallelism: number }[] = []
  /** Lock nodes, with their workflows. */
  readonly locks: { jobId: string; key: string; workflowId: string }[] = []
  readonly attempts: FencedRef[] = []
  /** Saved one a transaction, so that no two are of the same time. */
  caches = 0
  readonly #labels = new Map<string, string>()

  constructor({ engine, queue }: Pick<EngineStand, 'engine' | 'queue'>, home: EngineHome, random: Random) {
    this.engine = engine
    this.queue = queue
    this.home = home
    this.random = random
  }

  newJob(index: number): NewJob & { id: string } {
    const type = this.random.pick(['build', 'approval', 'no-op', 'lock'] as const)
    const kept = this.random.chance(0.2) ? (this.jobs[0]?.id ?? null) : null
    return {
      id: randomUUID(),
      name: `job-${index}`,
      type,
      number: null,
      status: kept === null ? 'blocked' : 'success',
      requires: index === 0 ? [] : [{ node: 'job-0', statuses: ['success'] }],
      contexts: this.random.pick([[], [this.home.context]]),
      lockKey: type === 'lock' ? this.random.pick(['k', 'l']) : null,
      parallelism: this.random.int(1, 3),
      resourceClass: this.random.pick([null, 'small']),
      executor: 'docker',
      keptFrom: kept,
      plan: null,
    }
  }

  /** A role that processes of this script alone have. */
  role(name: string): string {
    return `${name} of ${this.home.projectId}`
  }

  cacheScope(): CacheScope {
    return { projectId: this.home.projectId, source: this.random.pick(['', '', 'pull/7']) }
  }

  pipeline(): string {
    return this.random.pick(this.pipelines)
  }

  job(): { id: string; parallelism: number } {
    return this.random.pick(this.jobs.length > 0 ? this.jobs : [{ id: unknownId, parallelism: 1 }])
  }

  /** An attempt, now and then with an epoch that is not its own, or none at all. */
  ref(): FencedRef {
    const refs = this.attempts.length > 0 ? this.attempts : [{ attemptId: unknownId, epoch: 1 }]
    const ref = this.random.pick([...refs, refs.at(-1)!])
    return this.random.chance(0.1) ? { ...ref, epoch: ref.epoch + 1 } : ref
  }

  async context(attemptId: string): Promise<unknown> {
    const context = await this.engine.attemptContext(attemptId)
    const { epoch, taskId, taskIndex, jobId, granted } = context.identity
    return { ...context, identity: { epoch, taskId, taskIndex, jobId, granted } }
  }

  async snapshot(tx: EngineTransaction, id: string): Promise<unknown> {
    const snapshot = await tx.lockWorkflow(id)
    if (snapshot === undefined) return undefined
    const places = snapshot.jobs.map((job) => job.id)
    const place = (task: { jobId: string; index: number }) => places.indexOf(task.jobId) * 1_000 + task.index
    return { ...snapshot, tasks: snapshot.tasks.toSorted((a, b) => place(a) - place(b)) }
  }
  /** As text that is the same for two stores that mean the same. */
  show(value: unknown): string {
    const text = JSON.stringify(plain(value)) ?? 'nothing'
    return text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
      const label = this.#labels.get(id) ?? `#${this.#labels.size + 1}`
      this.#labels.set(id, label)
      return label
    })
  }
}
