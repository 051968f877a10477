import {
  announce,
  applyRetention,
  type Compiler,
  createDispatcher,
  createStartChecks,
  createUserActions,
  doChores,
  enforceLimits,
  resumeContinuations,
  runSchedules,
  sweepLeases,
  type TaskSpecPorts,
} from '@rondo/conductor'
import {
  type BoxSealer,
  type Clock,
  type EngineStore,
  type KeyRing,
  nothingSet,
  type Objects,
  type Repositories,
  type RetentionStore,
  retentionKinds,
  retentionSetting,
  type StepOutput,
  type UserActions,
  type Wakeups,
} from '@rondo/model'
import type { SealedControlPlane } from '@rondo/protocol'
import { buildRevision } from '../builders.ts'
import { createMemoryEngine } from './memory-engine.ts'
import type { Effect } from './memory-identity.ts'
import { agentSeen } from './memory-instances.ts'
import { createMemoryQueue, type MemoryQueue } from './memory-queue.ts'
import { createMemoryRetention } from './memory-retention.ts'
import { createMemorySchedules, type MemorySchedules } from './memory-schedules.ts'
import { createStatements } from './memory-statements.ts'
import { projectOf } from './project-of.ts'
import type { StartChecks } from './sabotage.ts'
import { neverAborted, type Surroundings } from './surroundings.ts'

const publicUrl = 'http://ci.example.com'
/** Nobody in a simulated world checks a password. */
const credentials: TaskSpecPorts['credentials'] = { issue: () => '', verify: () => undefined }
const continuationKeys: TaskSpecPorts['continuationKeys'] = { issue: (id) => id, verify: (key) => key }

/** Nothing of what is simulated looks at these. */
const noObjects = {} as Objects
const noKeys = {} as KeyRing
const emptyBoxes: BoxSealer = { seal: () => '' }
const noneKept = { of: async () => [] }
const noSecrets: TaskSpecPorts['secrets'] = {
  projectVariables: async () => [],
  contextByName: async (organizationId: string, name: string) => ({
    id: name,
    organizationId,
    name,
    createdAt: new Date(0),
  }),
  contextVariables: async () => [],
  restrictionsOf: async () => [],
}
/** The revision asked for is the text of its config. */
const repositories: Repositories = {
  create: async () => {},
  exists: async () => true,
  branches: async () => [],
  resolve: async (_name, ref) => buildRevision({ revision: ref.revision ?? '', branch: ref.branch ?? null }),
  readFile: async (_name, revision) => Buffer.from(revision),
}

export const serverRoles = ['api', 'agents', 'conductor'] as const
export type ServerRole = (typeof serverRoles)[number]

/** What a dead process does with everything it has begun: nothing, for ever. */
function never(): Promise<never> {
  return new Promise(() => {})
}

/**
 * One server process: the conductor as it is shipped, over ports of the simulated world. It may die before any statement,
 * stand still for a while, and lose the database; a new one then starts in its place, with nothing of the old one's memory.
 */
export class SimulatedServer {
  readonly name: string
  readonly roles: ReadonlySet<ServerRole>
  readonly #world: Surroundings
  #life: Life | undefined
  /** Called when it dies between two statements: the world then ends it, and starts it again. */
  onCollapse: () => void = () => {}
  /** Until when it stands still, as after SIGSTOP. */
  pausedUntil = 0

  constructor(world: Surroundings, name: string, roles: ReadonlySet<ServerRole>) {
    this.#world = world
    this.name = name
    this.roles = roles
  }

  get up(): boolean {
    return this.#life !== undefined && this.pausedUntil <= this.#world.time.now
  }

  /** The living process; undefined between a death and the next start. */
  get life(): Life | undefined {
    return this.#life
  }

  start(): void {
    this.#world.trace(this.name, 'starts')
    this.#life = new Life(this.#world, this)
    this.#life.begin()
  }

  /** SIGKILL. What it had not committed is undone by the database; who waits for its answer gets none. */
  kill(): void {
    const life = this.#life
    if (life === undefined) return
    this.#world.trace(this.name, 'is killed')
    this.#life = undefined
    life.end()
    this.#world.database.abort(life)
  }

  pause(ms: number): void {
    this.#world.trace(this.name, `stands still for ${Math.round(ms)} ms`)
    this.pausedUntil = this.#world.time.now + ms
  }
}

/** One life of a server, from its start to its death. */
export class Life {
  readonly actions: UserActions
  readonly queue: MemoryQueue
  readonly schedules: MemorySchedules
  readonly died: Promise<void>
  readonly #world: Surroundings
  readonly #server: SimulatedServer
  readonly #dispatcher: ReturnType<typeof createDispatcher>
  readonly #engine: EngineStore
  readonly #compiler: Compiler
  readonly #retention: Omit<RetentionStore, 'count'>
  readonly #clock: Clock
  readonly #checks: StartChecks
  readonly #wakeups: Wakeups
  readonly #output: StepOutput
  readonly #planes = new Map<string, SealedControlPlane>()
  /** Never aborted: a killed process is told nothing, and what it waits for never comes. */
  readonly #running = new AbortController().signal
  #tellDeath: () => void = () => {}
  #dead = false
  /** Statements left before a death planned for between two of them. */
  #statementsLeft: number

  constructor(world: Surroundings, server: SimulatedServer) {
    this.#world = world
    this.#server = server
    const { random, plan, sabotage } = world
    this.#statementsLeft = random.chance(plan.crashes) ? Math.ceil(random.skewed(1, 3_000)) : Number.POSITIVE_INFINITY
    this.died = new Promise((resolve) => {
      this.#tellDeath = resolve
    })
    const effect: Effect = (what) => this.#effect(what)
    const connection = { by: this, effect, ...(sabotage.seen === undefined ? {} : { seen: sabotage.seen }) }
    const engine = createMemoryEngine(world.database, connection)
    const queue = createMemoryQueue(world.database, createStatements(world.database, connection))
    this.queue = sabotage.queue?.(queue) ?? queue
    const schedules = createMemorySchedules(world.database, connection, createStatements(world.database, connection))
    this.schedules = sabotage.schedules?.(schedules) ?? schedules
    const statements = createStatements(world.database, connection)
    this.#retention = createMemoryRetention(world.database, statements, sabotage.retention)
    this.#engine = sabotage.engine?.(engine, random) ?? engine
    this.#clock = this.#createClock(random.int(-600_000, 600_000))
    this.#compiler = world.compiler(effect)
    const checks = createStartChecks(() => world.database.newId())
    this.#checks = sabotage.checks?.(checks) ?? checks
    this.#output = this.#countedOutput(effect)
    const deaf = random.chance(plan.deaf)
    const wakeups: Wakeups = {
      wait: (topic, timeoutMs, signal) => this.#alive(world.wait(topic, timeoutMs, this.#stopping(signal), deaf)),
    }
    this.#wakeups = sabotage.wakeups?.(wakeups) ?? wakeups
    this.#dispatcher = createDispatcher({
      engine: this.#engine,
      wakeups: this.#wakeups,
      usage: { save: async () => {} },
      holds: { begin: async () => undefined, end: async () => {}, orders: async () => [] },
      agents: {
        checkIn: async () => ({ draining: false }),
        greet: (id) => this.#greet(id),
        heardOf: async (ids) => this.#heardOf(ids),
      },
      objects: noObjects,
      output: this.#output,
      checks: this.#checks,
      clock: this.#clock,
      boxes: emptyBoxes,
      taskSpec: {
        secrets: noSecrets,
        sshKeys: noneKept,
        checkoutKeys: noneKept,
        keyRing: noKeys,
        credentials,
        continuationKeys,
        standIns: (value) => value,
        publicUrl,
        limits: { maxRunMs: 3_600_000, maxOutputBytesPerStep: 1_000_000 },
      },
    })
    this.actions = createUserActions({
      engine: this.#engine,
      repositories,
      compiler: this.#compiler,
      publicUrl,
      clock: this.#clock,
      newId: () => world.database.newId(),
      continuationKeys,
    })
  }

  get dead(): boolean {
    return this.#dead
  }

  begin(): void {
    const { sabotage, database } = this.#world
    const options = { onError: (error: unknown) => this.#world.unexpected(this.#server.name, error) }
    const signal = this.#running
    const { name, roles } = this.#server
    void announce(
      { engine: this.#engine, clock: this.#clock },
      { ...options, instance: { name, roles: [...roles] } },
      signal,
    )
    if (!roles.has('conductor')) return
    const ports = { engine: this.#engine, checks: this.#checks, clock: this.#clock, wakeups: this.#wakeups }
    void sweepLeases(ports, { ...options, ...sabotage.sweeper }, signal)
    void doChores({ ...ports, output: this.#output }, { ...options, everyMs: 5_000 }, signal)
    // What it enforces are hours; looking every few seconds would be most of what happens in a world.
    void enforceLimits(
      { ...ports, settings: { view: async () => nothingSet } },
      { ...options, everyMs: 60_000 },
      signal,
    )
    this.#retain(options)
    const accounts = {
      project: async (id: string) => projectOf(this.#world.homes.find((home) => home.projectId === id)!),
    }
    const scheduling = { schedules: this.schedules, accounts, actions: this.actions, clock: this.#clock }
    if (this.#world.plan.schedules > 0) void runSchedules(scheduling, options, signal)
    const continuing = { ...ports, compiler: this.#compiler, newId: () => database.newId() }
    void resumeContinuations(continuing, options, signal)
  }

  /** Two jobs a transaction, so that most pipelines take several. */
  #retain(options: { readonly onError: (error: unknown) => void }): void {
    const { plan } = this.#world
    if (plan.keptMs === 0) return
    const days = plan.keptMs / (24 * 3_600_000)
    const none = Object.fromEntries(retentionKinds.map((kind) => [retentionSetting(kind), 0]))
    const kept = { ...none, 'retention.pipelines': days, 'retention.workspaces': days }
    const settings = { view: async () => ({ installation: kept, projects: new Map() }) }
    const ports = { retention: this.#retention, settings, output: this.#output, objects: noObjects, clock: this.#clock }
    void applyRetention(ports, { ...options, everyMs: 60_000, batch: 2 }, this.#running)
  }

  end(): void {
    this.#dead = true
    this.#tellDeath()
  }

  plane(agentId: string): SealedControlPlane {
    const plane = this.#planes.get(agentId) ?? this.#dispatcher.controlPlane({ id: agentId })
    this.#planes.set(agentId, plane)
    return plane
  }

  continuationKey(pipelineId: string): string {
    return continuationKeys.issue(pipelineId)
  }

  register(name: string): Promise<string> {
    return this.#dispatcher.register({ ...hello, name })
  }

  /** Each simulated agent is one process: its seat is never another's. */
  async #greet(agentId: string): Promise<undefined> {
    const [name] = [...this.#world.database.agents].find(([, id]) => id === agentId) ?? ['']
    await this.#engine.saveAgent({ ...hello, name })
  }

  #heardOf(agentIds: readonly string[]): void {
    for (const id of this.#dead ? [] : agentIds) agentSeen(this.#world.database, id)
  }

  /** Between any two statements time may pass, the process may die, and the database may go away. */
  #effect(what: string): Promise<void> | void {
    const { time, random, plan, troubled } = this.#world
    if (this.#dead) return never()
    if (this.#statementsLeft-- <= 0 && troubled) {
      this.#world.trace(this.#server.name, `dies before: ${what}`)
      this.#server.onCollapse()
      return never()
    }
    const paused = random.chance(plan.pauses)
    if (paused || this.#server.pausedUntil > time.now) return this.#lateEffect(what, paused)
    this.#world.trace(this.#server.name, what)
    this.#world.requireDatabase()
  }

  async #lateEffect(what: string, paused: boolean): Promise<void> {
    const { time, random, plan, troubled } = this.#world
    if (paused) await time.sleep(random.skewed(0.1, troubled ? plan.slowestMs : 5))
    while (this.#server.pausedUntil > time.now && !this.#dead) await time.sleep(this.#server.pausedUntil - time.now)
    if (this.#dead) return never()
    this.#world.trace(this.#server.name, what)
    this.#world.requireDatabase()
  }

  /** What a process waits for never comes to a dead one, and late to one that stands still. */
  async #alive<T>(waited: Promise<T>): Promise<T> {
    const result = await waited
    while (this.#server.pausedUntil > this.#world.time.now && !this.#dead)
      await this.#world.time.sleep(this.#server.pausedUntil - this.#world.time.now)
    return this.#dead ? never() : result
  }

  /** Nobody needs to listen to a signal that never comes. */
  #stopping(signal: AbortSignal | undefined): AbortSignal | undefined {
    return signal === this.#running || signal === neverAborted ? undefined : signal
  }

  /** Its wall clock is wrong; its monotonic one began at some number. */
  #createClock(skewMs: number): Clock {
    const { time } = this.#world
    return {
      now: () => new Date(Date.UTC(2026, 0, 1) + time.now + skewMs),
      monotonicMs: () => time.now + skewMs,
      sleep: (ms, signal) => this.#alive(this.#world.wait('nothing', ms, this.#stopping(signal), true)),
    }
  }

  #countedOutput(effect: Effect): StepOutput {
    const { witness } = this.#world
    return {
      append: async (stepId, offset, bytes) => {
        await effect('append output')
        return witness.appended(stepId, offset, bytes.length)
      },
      close: async (stepId) => {
        await effect('close an output')
        witness.closed(stepId)
      },
      size: async () => 0,
      times: async () => [],
      read: () => nothing(),
      remove: async (stepId) => {
        await effect('remove an output')
        witness.removed(stepId)
      },
      watch: () => ({ [Symbol.dispose]: () => {} }),
    }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

const hello = {
  version: '',
  hostname: '',
  os: '',
  arch: '',
  cpus: 8,
  memoryMb: 65_536,
  executors: ['docker' as const],
}
