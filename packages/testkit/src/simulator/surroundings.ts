import type { Compiler } from '@rondo/conductor'
import type { Plan } from '@rondo/model'
import type { MemoryDatabase } from './memory-database.ts'
import type { Effect } from './memory-identity.ts'
import type { Random } from './random.ts'
import type { Sabotage } from './sabotage.ts'
import type { SimulatedAgent } from './simulated-agent.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Witness } from './witness.ts'
import type { WorldPlan } from './world-plan.ts'

/** Nobody hangs up in a simulated world. */
export const neverAborted = new AbortController().signal

export interface Home {
  readonly organizationId: string
  readonly projectId: string
  readonly userId: string
}

/** What every part of a simulated world finds around itself; the world itself puts the parts together. */
export interface Surroundings {
  readonly time: VirtualTime
  readonly random: Random
  readonly plan: WorldPlan
  readonly sabotage: Sabotage
  readonly database: MemoryDatabase
  readonly witness: Witness
  readonly homes: readonly Home[]
  /** Plans by the text that stands for their config. */
  readonly plans: Map<string, Plan>
  readonly agents: readonly SimulatedAgent[]
  /** While true, things break; afterwards everything is mended and has to come to rest. */
  readonly troubled: boolean
  trace(who: string, what: string): void
  /** Nothing in the world may fail in a way that nobody foresaw. */
  unexpected(who: string, error: unknown): void
  /** AppError `unavailable` while PostgreSQL is away. */
  requireDatabase(): void
  /** Waits of one process; `deaf` ones hear nothing, and rely on looking by themselves. */
  wait(topic: string, timeoutMs: number, signal: AbortSignal | undefined, deaf: boolean): Promise<void>
  /** Compiles by looking the plan up. */
  compiler(effect: Effect): Compiler
}
