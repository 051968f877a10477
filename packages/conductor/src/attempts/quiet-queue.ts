import { type Clock, createRounds, type EngineStore } from '@rondo/model'

/** A look is believed for so long at most, whoever listens (rule D-07). */
const quietMs = 2_000

/** What is known of executors for which nothing waits. */
export interface QuietQueue {
  /** Nothing waited at the last look, and nobody was told of anything since. */
  isQuiet(executors: readonly string[]): boolean
  /** Looks whether something waits. `woken` was begun before, and ends when something may have changed. */
  look(executors: readonly string[], woken: Promise<unknown>): Promise<void>
}

/**
 * Lets one look answer all agents that have nothing to do: until somebody who listens is woken nothing waits for anybody.
 * Without it every agent that comes to wait asks the database anew.
 */
export function createQuietQueue(
  engine: Pick<EngineStore, 'waitingFor'>,
  clock: Pick<Clock, 'monotonicMs'>,
): QuietQueue {
  const quiet = new Map<string, { readonly woken: Promise<unknown>; readonly until: number }>()
  const ask = createRounds(async (asked: readonly (readonly string[])[]) => {
    const waiting = await engine.waitingFor([...new Set(asked.flat())])
    return asked.map(() => waiting)
  })
  const isQuiet = (executors: readonly string[]) => {
    const now = clock.monotonicMs()
    return executors.every((executor) => now < (quiet.get(executor)?.until ?? Number.NEGATIVE_INFINITY))
  }
  return {
    isQuiet,
    async look(executors, woken) {
      if (isQuiet(executors)) return
      const until = clock.monotonicMs() + quietMs
      const waiting = await ask(executors)
      for (const executor of executors) {
        if (waiting.includes(executor)) continue
        quiet.set(executor, { woken, until })
        void woken.then(() => quiet.get(executor)?.woken === woken && quiet.delete(executor))
      }
    },
  }
}
