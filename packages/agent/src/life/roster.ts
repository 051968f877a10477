import { cpuOvercommit } from '@rondo/model'
import type { AttemptRef } from '@rondo/protocol'
import type { PlacedTask } from '../attempt/attempt.ts'
import type { StoppableSignal } from '../attempt/stop-signal.ts'
import type { StopReason } from '../reports/endings.ts'
import type { Capacity } from './capacity.ts'
import { createHint } from './hint.ts'

/** What runs on this machine now, and what room is left beside it. */
export interface Roster {
  readonly capacity: Capacity
  readonly size: number
  readonly attemptIds: ReadonlySet<string>
  readonly used: { readonly cpus: number; readonly memoryMb: number }
  /** Never below nothing: what was adopted counts, whatever the settings say by now. */
  free(): Capacity
  /** Attempts that were not told to stop yet. */
  open(): readonly AttemptRef[]
  begin(placed: PlacedTask): void
  stop(attemptId: string, reason: StopReason): void
  stopAll(reason: StopReason): void
  /** How many have failed, and keep their environment for their owners. */
  readonly kept: number
  /** An attempt that failed keeps its environment until it ends. */
  keeps(attemptId: string): void
  /** How many have run their steps and stay for people. */
  readonly waitingForSsh: number
  /** An attempt that runs begins to stay for people, or ends it. */
  waitsForSsh(attemptId: string, waits: boolean): void
  /** Ends when nothing runs any more. */
  emptied(): Promise<void>
  /** Aborts when the next attempt begins. */
  nextBeginning(): AbortSignal
  /** Aborts when the next attempt begins, ends, or begins to stay for people. */
  nextChange(): AbortSignal
}

interface Entry extends PlacedTask {
  readonly controller: AbortController
  readonly done: Promise<void>
  waitsForSsh: boolean
  kept: boolean
}

export function createRoster(
  capacity: Capacity,
  run: (placed: PlacedTask, signal: StoppableSignal) => Promise<void>,
): Roster {
  const entries = new Map<string, Entry>()
  const begun = createHint()
  const changed = createHint()
  const used = () => {
    const all = [...entries.values()]
    // What is kept for people mostly idles: it takes memory, and no turn from jobs that wait.
    const working = all.filter((entry) => !entry.kept)
    return {
      cpus: working.reduce((sum, { cpus }) => sum + cpus, 0),
      memoryMb: all.reduce((sum, { memoryMb }) => sum + memoryMb, 0),
      tasks: working.length,
    }
  }

  return {
    capacity,
    get size() {
      return entries.size
    },
    get attemptIds() {
      return new Set(entries.keys())
    },
    get used() {
      return used()
    },
    free() {
      const { cpus, memoryMb, tasks } = used()
      return {
        cpus: Math.max(0, capacity.cpus * cpuOvercommit - cpus),
        memoryMb: Math.max(0, capacity.memoryMb - memoryMb),
        tasks: Math.max(0, capacity.tasks - tasks),
      }
    },
    open: () =>
      [...entries.values()]
        .filter((entry) => !entry.controller.signal.aborted)
        .map(({ attemptId, epoch }) => ({ attemptId, epoch })),
    begin({ attemptId, epoch, cpus, memoryMb }) {
      if (entries.has(attemptId)) return
      const controller = new AbortController()
      const signal: StoppableSignal = controller.signal
      signal.stop = (reason) => controller.abort(reason)
      const done = run({ attemptId, epoch, cpus, memoryMb }, signal).finally(() => {
        entries.delete(attemptId)
        changed.give()
      })
      entries.set(attemptId, { attemptId, epoch, cpus, memoryMb, controller, done, waitsForSsh: false, kept: false })
      begun.give()
      changed.give()
    },
    stop: (attemptId, reason) => entries.get(attemptId)?.controller.abort(reason),
    stopAll(reason) {
      for (const entry of entries.values()) entry.controller.abort(reason)
    },
    get kept() {
      return [...entries.values()].filter((entry) => entry.kept).length
    },
    keeps(attemptId) {
      const entry = entries.get(attemptId)
      if (entry === undefined || entry.kept) return
      entry.kept = true
      changed.give()
    },
    get waitingForSsh() {
      return [...entries.values()].filter((entry) => entry.waitsForSsh).length
    },
    waitsForSsh(attemptId, waits) {
      const entry = entries.get(attemptId)
      if (entry === undefined || entry.waitsForSsh === waits) return
      entry.waitsForSsh = waits
      changed.give()
    },
    async emptied() {
      while (entries.size > 0) await Promise.allSettled([...entries.values()].map((entry) => entry.done))
    },
    nextBeginning: begun.next,
    nextChange: changed.next,
  }
}
