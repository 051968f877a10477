import type { createStartChecks } from '@rondo/conductor'
import type { EngineStore, EngineTransaction, QueueView, Wakeups } from '@rondo/model'
import type { MemoryQueue } from './memory-queue.ts'
import type { RetentionFault } from './memory-retention.ts'
import type { MemorySchedules } from './memory-schedules.ts'
import type { Random } from './random.ts'

export type StartChecks = ReturnType<typeof createStartChecks>

/** A bug planted on purpose, between the conductor and its ports; product code never knows of it. */
export interface Sabotage {
  readonly engine?: (engine: EngineStore, random: Random) => EngineStore
  readonly wakeups?: (wakeups: Wakeups) => Wakeups
  readonly sweeper?: { readonly lostAfterMs?: number; readonly everyMs?: number }
  /** What a claim is decided on. */
  readonly seen?: (view: QueueView) => QueueView
  readonly schedules?: (schedules: MemorySchedules) => MemorySchedules
  /** What the store gets wrong when retention asks it. */
  readonly retention?: readonly RetentionFault[]
  readonly queue?: (queue: MemoryQueue) => MemoryQueue
  readonly checks?: (checks: StartChecks) => StartChecks
}

/** The engine with some methods of its transactions replaced. */
export function alterTransactions(
  engine: EngineStore,
  alter: (tx: EngineTransaction) => Partial<EngineTransaction>,
): EngineStore {
  return { ...engine, transact: (work) => engine.transact((tx) => work({ ...tx, ...alter(tx) })) }
}
