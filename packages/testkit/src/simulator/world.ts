import type { Compiler } from '@rondo/conductor'
import { AppError, type Plan } from '@rondo/model'
import type { Report } from './invariants/rules.ts'
import { MemoryDatabase, unavailable } from './memory-database.ts'
import type { Effect } from './memory-identity.ts'
import { Network } from './network.ts'
import { Operators } from './operators.ts'
import { Random } from './random.ts'
import type { Sabotage } from './sabotage.ts'
import { SimulatedAgent } from './simulated-agent.ts'
import { type ServerRole, SimulatedServer, serverRoles } from './simulated-server.ts'
import type { Home, Surroundings } from './surroundings.ts'
import { Users } from './users.ts'
import { VirtualTime } from './virtual-time.ts'
import { Witness } from './witness.ts'
import type { WorldPlan } from './world-plan.ts'

export interface WorldOptions {
  readonly seed: number
  readonly plan: WorldPlan
  readonly sabotage: Sabotage
  readonly report: Report
  /** Called with every statement, death and message; for a trace. */
  readonly onTrace: ((line: string) => void) | undefined
}

/** What the conductor promises its agents (section 2b of the reliability rules). */
export const leaseMs = 30_000
export const lostAfterMs = 5 * 60_000

/** A break that leaves agents most of a lease to renew it in need not be noticed. */
const shortBreakMs = 10_000

/** Roles of each server: all, or some of them; together they have all. */
function drawRoles(random: Random, plan: WorldPlan): readonly ReadonlySet<ServerRole>[] {
  const roles = Array.from({ length: plan.servers }, () => new Set<ServerRole>(plan.split ? [] : serverRoles))
  if (plan.split) for (const role of serverRoles) random.pick(roles).add(role)
  if (plan.split) for (const one of roles) one.add(random.pick(serverRoles))
  return roles
}

/** Everything one simulated installation consists of: one database, servers, agents, users, a network, and the time. */
export class World implements Surroundings {
  readonly time = new VirtualTime()
  readonly random: Random
  readonly plan: WorldPlan
  readonly sabotage: Sabotage
  readonly database = new MemoryDatabase(this.time)
  readonly network: Network
  readonly witness: Witness
  readonly servers: readonly SimulatedServer[]
  readonly agents: readonly SimulatedAgent[]
  readonly users: Users
  readonly homes: readonly Home[]
  readonly operators: Operators
  /** Plans by the text that stands for their config. */
  readonly plans = new Map<string, Plan>()
  readonly report: Report
  /** While true, things break; afterwards everything is mended and has to come to rest. */
  troubled = true
  /** Until when the database cannot be reached. */
  databaseDownUntil = 0
  readonly #onTrace: ((line: string) => void) | undefined
  /** Who waits for a notification, by topic; in the order in which they came. */
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #waitsOf = new WeakMap<AbortSignal, Set<() => void>>()
  /** Each time at which service began, after a break in which nobody could renew a lease; rising. */
  readonly #served: number[] = [0]
  #lostAt = 0
  #serves = false

  constructor({ seed, plan, sabotage, report, onTrace }: WorldOptions) {
    this.random = new Random(seed)
    this.plan = plan
    this.sabotage = sabotage
    this.report = report
    this.#onTrace = onTrace
    this.witness = new Witness(this.database, report)
    this.homes = Array.from({ length: plan.projects }, (_, index) =>
      this.database.addProject({
        organizationId: this.random.pick(['organisation', 'other']),
        name: `app ${index + 1}`,
        contexts: ['team'],
      }),
    )
    const roles = drawRoles(this.random, plan)
    this.servers = Array.from(
      { length: plan.servers },
      (_, index) => new SimulatedServer(this, `server ${index + 1}`, roles[index]!),
    )
    for (const server of this.servers) server.onCollapse = () => this.crash(server)
    this.network = new Network(this, this.servers)
    this.agents = Array.from(
      { length: plan.agents },
      (_, index) => new SimulatedAgent(this, this.network, `agent ${index + 1}`, index < plan.machines),
    )
    this.users = new Users(this, this.network)
    this.operators = new Operators(this, this.network)
    this.database.onNotify = (topic) => this.#notify(topic)
  }

  trace(who: string, what: string): void {
    this.#onTrace?.(`${this.time.now.toFixed(1).padStart(10)} ${who}: ${what}`)
  }

  /** Nothing in the world may fail in a way that nobody foresaw. */
  unexpected(who: string, error: unknown): void {
    if (error instanceof AppError) return
    this.report(0, `${who} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  get databaseUp(): boolean {
    return this.databaseDownUntil <= this.time.now
  }

  requireDatabase(): void {
    if (!this.databaseUp) throw unavailable()
  }

  /** PostgreSQL is killed and comes back after `ms`. */
  loseDatabase(ms: number): void {
    this.trace('database', `is away for ${Math.round(ms)} ms`)
    this.databaseDownUntil = Math.max(this.databaseDownUntil, this.time.now + ms)
    this.database.abort()
    this.noteService()
    this.time.after(ms, () => this.noteService())
  }

  /** A server dies and is started again a little later. */
  crash(server: SimulatedServer): void {
    if (server.life === undefined) return
    server.kill()
    this.noteService()
    this.time.after(this.random.skewed(100, this.troubled ? 60_000 : 1_000), () => {
      if (server.life === undefined) server.start()
      this.noteService()
    })
  }

  /** Whether leases can be renewed; told at every change of who is up. */
  noteService(): void {
    const serves = this.databaseUp && this.servers.some((server) => server.up && server.roles.has('agents'))
    if (serves && !this.#serves && this.time.now - this.#lostAt > shortBreakMs) this.#served.push(this.time.now)
    if (!serves && this.#serves) this.#lostAt = this.time.now
    this.#serves = serves
  }

  /** Since when, at that time, leases could be renewed without a break. */
  servedSince(at: number): number {
    return this.#served.findLast((since) => since <= at) ?? 0
  }

  /** Waits of one process; `deaf` ones hear nothing, and rely on looking by themselves. */
  wait(topic: string, timeoutMs: number, signal: AbortSignal | undefined, deaf: boolean): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(topic) ?? new Set()
      this.#waiting.set(topic, waiting)
      const hungUp = signal === undefined ? undefined : this.#waitsEndedBy(signal)
      const finish = () => {
        forget()
        waiting.delete(finish)
        hungUp?.delete(finish)
        resolve()
      }
      const forget = this.time.after(timeoutMs, finish)
      if (!deaf) waiting.add(finish)
      hungUp?.add(finish)
    })
  }

  /** What waits until a signal aborts: one listener for however many waits, one after the other. */
  #waitsEndedBy(signal: AbortSignal): Set<() => void> {
    const known = this.#waitsOf.get(signal)
    if (known !== undefined) return known
    const waits = new Set<() => void>()
    this.#waitsOf.set(signal, waits)
    const endAll = () => {
      for (const finish of [...waits]) finish()
    }
    signal.addEventListener('abort', endAll, { once: true })
    return waits
  }

  #notify(topic: string): void {
    const waiting = this.#waiting.get(topic)
    if (waiting === undefined || waiting.size === 0) return
    const woken = [...waiting]
    waiting.clear()
    this.time.after(this.random.skewed(0.1, 5), () => {
      for (const wake of woken) wake()
    })
  }

  /** Compiles by looking the plan up; takes a while, as real compiling does. */
  compiler(effect: Effect): Compiler {
    return {
      compile: async ({ source }) => {
        await effect('compile')
        const plan = this.plans.get(source)
        if (plan === undefined) throw new Error(`no plan for ${source}`)
        return { plan, output: source, parameters: {}, problems: [] }
      },
      checkOrb: async () => ({ problems: [], imports: [] }),
      close: async () => {},
    }
  }

  /** Whether nothing is left to happen. */
  get quiet(): boolean {
    return (
      this.users.done &&
      this.operators.done &&
      this.agents.every((agent) => agent.disk.size === 0) &&
      this.database.quiet
    )
  }
}
