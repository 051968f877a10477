import { randomUUID } from 'node:crypto'
import {
  AppError,
  type EngineStore,
  type EngineTransaction,
  type FencedRef,
  type NewJob,
  type Result,
} from '@rondo/model'
import { buildRevision } from '../builders.ts'
import type { EngineHome, EngineStand } from './engine-stand.ts'
import { Random } from './random.ts'

/**
 * One random sequence of everything the engine's port can do, sense or nonsense, carried out on a store. Two stores that
 * keep the same contract answer alike; ids are replaced by the order of their first appearance and times by their presence.
 */
export async function runEngineScript(stand: EngineStand, seed: number, length: number): Promise<readonly string[]> {
  const random = new Random(seed)
  const script = new Script(stand.engine, await stand.newHome(), random)
  await script.begin()
  const answers: string[] = []
  for (let index = 0; index < length; index++) {
    stand.tick()
    const name = random.pick(script.operations())
    answers.push(`${name}: ${script.show(await settled(() => script.run(name)))}`)
  }
  stand.tick()
  answers.push(...(await script.dump((id) => stand.events(id))))
  return answers
}

async function settled(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return (await run()) ?? null
  } catch (error) {
    if (error instanceof AppError) return { refused: error.code }
    if (error instanceof RolledBack) return 'rolled back'
    throw error
  }
}

class RolledBack extends Error {}

const at = '2026-01-01T00:00:00.000Z'
const unknown = '00000000-0000-4000-8000-000000000000'
const object = (random: Random) => ({ digest: String(random.int(1, 9)).repeat(64), size: random.int(1, 99) })
const results: readonly Result[] = ['passed', 'failed', 'canceled', 'timed-out', 'lost', 'skipped']

class Script {
  readonly #engine: EngineStore
  readonly #home: EngineHome
  readonly #random: Random
  readonly #labels = new Map<string, string>()
  readonly #agents: string[] = []
  readonly #pipelines: string[] = []
  readonly #workflows: string[] = []
  readonly #jobs: { id: string; parallelism: number }[] = []
  readonly #attempts: FencedRef[] = []
  /** Saved one a transaction, so that no two are of the same time. */
  #caches = 0

  constructor(engine: EngineStore, home: EngineHome, random: Random) {
    this.#engine = engine
    this.#home = home
    this.#random = random
  }

  async begin(): Promise<void> {
    for (const name of ['left', 'right'])
      this.#agents.push(
        await this.#engine.saveAgent({
          name: `${name}-${this.#home.projectId}`,
          executors: ['docker'],
          hostname: '',
          cpus: 4,
          memoryMb: 4096,
        }),
      )
    await this.run('pipeline')
  }

  operations(): readonly string[] {
    return [
      ...Object.keys(this.#outside),
      ...Object.keys(this.#inside),
      'pipeline',
      'enqueue',
      'claim',
      'claim',
      'several',
    ]
  }

  async run(name: string): Promise<unknown> {
    const outside = this.#outside[name]
    if (outside !== undefined) return outside()
    if (name === 'several') return this.#several()
    const inside = this.#inside[name]
    return this.#engine.transact((tx) => inside!(tx))
  }

  /** A few writes in one transaction, which now and then is rolled back. */
  #several(): Promise<unknown> {
    const names = [1, 2, 3].map(() => this.#random.pick(Object.keys(this.#inside).filter((name) => name !== 'cache')))
    const fails = this.#random.chance(0.3)
    const known = [this.#pipelines.length, this.#workflows.length, this.#jobs.length] as const
    return this.#engine.transact(async (tx) => {
      const answers: unknown[] = []
      for (const name of names) answers.push(await settled(() => this.#inside[name]!(tx)))
      if (!fails) return answers
      this.#pipelines.length = known[0]
      this.#workflows.length = known[1]
      this.#jobs.length = known[2]
      throw new RolledBack('as planned')
    })
  }

  readonly #outside: Readonly<Record<string, () => Promise<unknown>>> = {
    claim: async () => {
      const random = this.#random
      const machine = { cpus: random.pick([2, 4]), memoryMb: 4096 }
      const claimed = await this.#engine.claim({
        agentId: random.pick(this.#agents),
        free: { cpus: random.int(0, 4), memoryMb: random.pick([1024, 4096]), tasks: random.int(1, 3) },
        machine,
        executors: random.pick([['docker'], ['machine'], ['docker', 'machine']]),
        leaseMs: random.pick([-5_000, 60_000]),
      })
      this.#attempts.push(...claimed.map(({ attemptId, epoch }) => ({ attemptId, epoch })))
      return claimed
    },
    'claims unknown to the agent': async () => {
      const known = [this.#ref().attemptId]
      const terms = { machine: { cpus: 4, memoryMb: 4096 }, leaseMs: this.#random.pick([-5_000, 60_000]) }
      const found = await this.#engine.claimedUnknown(this.#random.pick(this.#agents), known, terms)
      return found.map((task) => this.show(task)).sort()
    },
    'last word': () => this.#engine.lastWord(this.#random.pick(this.#agents), this.#ref()),
    renew: () => {
      const refs = new Map([this.#ref(), this.#ref()].map((ref) => [ref.attemptId, ref]))
      return this.#engine.renew(
        this.#random.pick(this.#agents),
        [...refs.values()],
        this.#random.pick([-5_000, 60_000]),
      )
    },
    expired: async () => {
      const found = await this.#engine.expired(10_000)
      const own = found.filter((attempt) => this.#agents.includes(attempt.agentId))
      return own.map((attempt) => this.show({ ...attempt, lateMs: attempt.lateMs >= 0 })).sort()
    },
    check: () => this.#engine.check(this.#random.pick(this.#agents), this.#ref()),
    'step id': () => this.#engine.stepId(this.#ref().attemptId, this.#random.int(0, 2)),
    'find a cache': () =>
      this.#engine.findCache(this.#home.projectId, ['nothing', this.#random.pick(['k', 'k1', 'k12'])]),
    'has a cache': () => this.#engine.hasCache(this.#home.projectId, `k${this.#random.int(1, 20)}`),
    layers: () => this.#engine.workspaceLayers(this.#jobs.map((job) => job.id).reverse()),
    context: () => this.#context(this.#ref().attemptId),
    pending: async () => {
      const found = await this.#engine.pendingPipelines(1_000)
      return found.filter((id) => this.#pipelines.includes(id))
    },
    'pipeline in setup': () => this.#engine.pipelineInSetup(this.#pipeline()),
  }

  readonly #inside: Readonly<Record<string, (tx: EngineTransaction) => Promise<unknown>>> = {
    pipeline: async (tx) => {
      const { projectId, organizationId } = this.#home
      const reserved = await tx.reservePipeline(projectId)
      const state = this.#random.pick(['created', 'setup'] as const)
      const config = { source: 'source', compiled: 'compiled', plan: null }
      const pipeline = await tx.createPipeline({
        ...reserved,
        projectId,
        state,
        errors: [],
        trigger: 'api',
        triggeredBy: null,
        git: buildRevision(),
        parameters: { a: 1 },
        config: state === 'setup' ? { ...config, setup: config } : config,
        ...(state === 'setup' ? { values: { 'pipeline.id': 'x' }, given: { b: 2 } } : {}),
      })
      this.#pipelines.push(pipeline.id)
      await tx.append({ kind: 'pipeline.created', organizationId, projectId, pipelineId: pipeline.id })
      return pipeline
    },
    workflow: async (tx) => {
      const jobs = Array.from({ length: this.#random.int(1, 4) }, (_, index) => this.#newJob(index))
      const id = await tx.createWorkflow({
        pipelineId: this.#pipeline(),
        projectId: this.#home.projectId,
        name: 'main',
        status: this.#random.pick(['running', 'failed'] as const),
        startedBy: this.#random.pick([null, this.#home.userId]),
        rerunOf: this.#random.pick([null, this.#workflows[0] ?? null]),
        workspaceId: this.#random.pick([null, this.#workflows[0] ?? null]),
        ...this.#random.pick([{}, { setup: true }]),
        jobs,
      })
      this.#workflows.push(id)
      this.#jobs.push(...jobs)
      await tx.append({ kind: 'workflow.created', projectId: this.#home.projectId, workflowId: id })
      return id
    },
    'lock a workflow': async (tx) => this.#snapshot(tx, this.#random.pick([...this.#workflows, unknown])),
    'workflow of a job': (tx) => tx.workflowOfJob(this.#job().id),
    'save a job': (tx) => {
      const people = this.#random.pick([
        {},
        { approvedBy: this.#home.userId },
        { canceledBy: this.#home.userId, message: 'm' },
      ])
      const statuses = [
        'queued',
        'not_running',
        'running',
        'on_hold',
        'success',
        'failed',
        'canceled',
        'not_run',
      ] as const
      return tx.saveJob({ id: this.#job().id, status: this.#random.pick(statuses), ...people })
    },
    'save a workflow': async (tx) => {
      const workflow = this.#random.pick([...this.#workflows, undefined])
      if (workflow === undefined) return
      const status = this.#random.pick(['running', 'on_hold', 'failing', 'success', 'canceled'] as const)
      await tx.saveWorkflow(workflow, status, this.#random.pick([undefined, null, this.#home.userId]))
    },
    enqueue: async (tx) => {
      const job = this.#job()
      if (job.id === unknown) return
      const resources = { cpus: this.#random.int(1, 4), memoryMb: this.#random.pick([1024, 4096]) }
      await tx.enqueue({ ...job, projectId: this.#home.projectId }, this.#random.pick(['docker', 'machine']), resources)
    },
    'number a job': async (tx) => {
      const job = this.#job()
      if (job.id !== unknown) await tx.numberJob({ ...job, projectId: this.#home.projectId })
    },
    'stop tasks': (tx) => tx.stopTasks(this.#job().id, this.#random.pick(['canceled', 'timed-out'])),
    fence: (tx) => tx.fence(this.#random.pick(this.#agents), this.#ref()),
    grant: (tx) => tx.grant(this.#ref()),
    'lock an expired attempt': (tx) => tx.lockExpired({ ...this.#ref(), granted: this.#random.chance(0.3) }),
    'context names': (tx) => tx.contextNames(this.#home.organizationId, this.#home.projectId),
    acknowledge: async (tx) => {
      const ref = this.#ref()
      if (ref.attemptId !== unknown) await tx.acknowledge(ref.attemptId, this.#random.int(1, 9), 60_000)
    },
    'start a step': async (tx) => {
      const { attemptId } = this.#ref()
      if (attemptId === unknown) return
      const index = this.#random.int(0, 2)
      return tx.startStep({
        attemptId,
        taskIndex: 0,
        index,
        name: 'n',
        type: 'run',
        command: null,
        background: false,
        at,
      })
    },
    'finish a step': (tx) =>
      tx.finishStep({
        attemptId: this.#ref().attemptId,
        index: this.#random.int(0, 2),
        result: this.#random.pick(results),
        exitCode: 0,
        outputBytes: 3,
        outputSha256: 'sum',
        truncated: false,
        at,
      }),
    cache: (tx) => {
      const key = this.#random.chance(0.3) ? 'k1' : `k${++this.#caches}`
      return tx.saveCache(this.#home.projectId, key, object(this.#random))
    },
    'add a layer': async (tx) => {
      const job = this.#job()
      if (job.id !== unknown) await tx.addLayer(job.id, this.#random.int(0, 2), object(this.#random))
    },
    'finish an attempt': async (tx) => {
      const open = await tx.finishAttempt(this.#ref(), this.#random.pick(results))
      return open?.map((id) => this.show(id)).sort()
    },
    requeue: (tx) => tx.requeue(this.#ref()),
    'lock a pipeline': (tx) => tx.lockPipeline(this.#random.pick([...this.#pipelines, unknown])),
    'accept a continuation': (tx) =>
      tx.acceptContinuation(this.#pipeline(), { configuration: 'text', parameters: { c: true } }),
    'finish a continuation': (tx) =>
      tx.finishContinuation(this.#pipeline(), {
        state: this.#random.pick(['created', 'errored'] as const),
        errors: [{ type: 'config', message: 'wrong' }],
        parameters: { d: 'x' },
        config: { source: 'source', compiled: 'compiled', plan: null },
      }),
    append: (tx) => {
      const { projectId } = this.#home
      const workflowId = this.#random.pick([...this.#workflows, null])
      return tx.append({ kind: 'tests.stored', projectId, workflowId, data: { count: this.#random.int(1, 9) } })
    },
  }

  #newJob(index: number): NewJob & { id: string } {
    const kept = this.#random.chance(0.2) ? (this.#jobs[0]?.id ?? null) : null
    return {
      id: randomUUID(),
      name: `job-${index}`,
      type: this.#random.pick(['build', 'approval', 'no-op'] as const),
      number: null,
      status: kept === null ? 'blocked' : 'success',
      requires: index === 0 ? [] : [{ node: 'job-0', statuses: ['success'] }],
      contexts: this.#random.pick([[], [this.#home.context]]),
      lockKey: null,
      parallelism: this.#random.int(1, 3),
      resourceClass: this.#random.pick([null, 'small']),
      executor: 'docker',
      keptFrom: kept,
      plan: null,
    }
  }

  #pipeline(): string {
    return this.#random.pick(this.#pipelines)
  }

  #job(): { id: string; parallelism: number } {
    return this.#random.pick(this.#jobs.length > 0 ? this.#jobs : [{ id: unknown, parallelism: 1 }])
  }

  /** An attempt, now and then with an epoch that is not its own, or none at all. */
  #ref(): FencedRef {
    const refs = this.#attempts.length > 0 ? this.#attempts : [{ attemptId: unknown, epoch: 1 }]
    const ref = this.#random.pick([...refs, refs.at(-1)!])
    return this.#random.chance(0.1) ? { ...ref, epoch: ref.epoch + 1 } : ref
  }

  async #context(attemptId: string): Promise<unknown> {
    const context = await this.#engine.attemptContext(attemptId)
    const { epoch, taskId, taskIndex, jobId, granted } = context.identity
    return { ...context, identity: { epoch, taskId, taskIndex, jobId, granted } }
  }

  async #snapshot(tx: EngineTransaction, id: string): Promise<unknown> {
    const snapshot = await tx.lockWorkflow(id)
    if (snapshot === undefined) return undefined
    const places = snapshot.jobs.map((job) => job.id)
    const place = (task: { jobId: string; index: number }) => places.indexOf(task.jobId) * 1_000 + task.index
    return { ...snapshot, tasks: snapshot.tasks.toSorted((a, b) => place(a) - place(b)) }
  }

  /** Everything that can be read afterwards. */
  async dump(events: (pipelineId: string) => Promise<readonly object[]>): Promise<readonly string[]> {
    const lines: string[] = []
    for (const id of this.#workflows)
      lines.push(`workflow: ${this.show(await this.#engine.transact((tx) => this.#snapshot(tx, id)))}`)
    for (const { attemptId } of this.#attempts) lines.push(`attempt: ${this.show(await this.#context(attemptId))}`)
    for (const id of this.#pipelines) {
      const history: string[] = []
      for (const event of await events(id)) {
        const { kind, organizationId, projectId, pipelineId, workflowId, jobId, data } = event as Record<
          string,
          unknown
        >
        const known = { ...(data as object), waitedMs: 'waitedMs' in ((data as object) ?? {}) }
        const scope = [organizationId, projectId, pipelineId, workflowId, jobId].map((part) => part ?? null)
        history.push(`event: ${this.show({ kind, scope, data: known })}`)
      }
      lines.push(...inOneOrder(history))
    }
    return lines
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

/** Tasks that one claim takes are recorded in any order. */
function inOneOrder(history: readonly string[]): readonly string[] {
  const claims = (line: string | undefined) => line?.includes('"task.claimed"') === true
  const ordered: string[] = []
  for (let start = 0; start < history.length; ) {
    let end = start + 1
    while (claims(history[start]) && claims(history[end])) end++
    ordered.push(...history.slice(start, end).sort())
    start = end
  }
  return ordered
}

/** Keys in order, times as their presence, what is missing left out. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return 'a time'
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    entries.map(([key, part]) => {
      if (key === 'ageMs' || key === 'pipelineAgeMs') return [key, 'a time']
      // Names are the stand's own.
      if (key === 'agent' || key === 'organizationName' || key === 'projectName') return [key, 'a name']
      return [key, plain(part)]
    }),
  )
}
