import { hostname } from 'node:os'
import type { Operations } from '@rondo/model'

export interface ToldLoop {
  readonly everyMs: number
  readonly onError: (error: unknown) => void
  readonly onRound: (tookMs: number) => void
}

/** Told at most so often: a loop that is woken all the time is well. */
const tellEveryMs = 10_000
const server = `${hostname()}/${process.pid}`

/** Options of a loop that tells how its rounds go, for `rondo admin health`. */
export function toldLoop(
  operations: Pick<Operations, 'recordLoop'>,
  loop: { readonly name: string; readonly everyMs: number },
  onError: (error: unknown) => void,
): ToldLoop {
  let problem: string | null = null
  let told = Number.NEGATIVE_INFINITY
  return {
    everyMs: loop.everyMs,
    onError(error) {
      problem = error instanceof Error ? error.message : String(error)
      onError(error)
    },
    onRound(tookMs) {
      if (problem === null && performance.now() - told < tellEveryMs) return
      told = performance.now()
      const round = { name: loop.name, server, pauseMs: loop.everyMs, tookMs: Math.round(tookMs), problem }
      problem = null
      // Best effort: while the database is away, what it is told then does not matter.
      void operations.recordLoop(round).catch(() => {})
    },
  }
}
