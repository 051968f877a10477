import type { Clock, Wakeups } from '@rondo/model'

/** What every loop may be told. */
export interface LoopOptions {
  readonly everyMs?: number
  readonly onError?: (error: unknown) => void
  /** After each round, failed or not: how long it took. */
  readonly onRound?: (tookMs: number) => void
}

/** Work that is done again and again: at once, after a while, and when somebody says that there is something to do. */
export interface PeriodicWork {
  readonly everyMs: number
  /** Notifications that bring the next round forward. */
  readonly topic?: Parameters<Wakeups['wait']>[0]
  /** One round. True: there is more to do, so the next round follows at once. */
  round(): Promise<boolean>
  /** A round that fails is told and tried again after the usual while. */
  readonly onError?: ((error: unknown) => void) | undefined
  readonly onRound?: ((tookMs: number) => void) | undefined
}

/** Runs rounds one after the other until the signal aborts; a round that began is finished. Never throws. */
export async function runPeriodically(
  ports: { readonly clock: Clock; readonly wakeups?: Wakeups },
  work: PeriodicWork,
  signal: AbortSignal,
): Promise<void> {
  // One for many rounds: only a round that leaves something to do ends the wait for the next.
  let round = new AbortController()
  const stop = () => round.abort()
  signal.addEventListener('abort', stop, { once: true })
  while (!signal.aborted) {
    // Listening starts before looking, so that nothing that comes up in between is missed.
    const woken =
      work.topic === undefined || ports.wakeups === undefined
        ? ports.clock.sleep(work.everyMs, round.signal)
        : ports.wakeups.wait(work.topic, work.everyMs, round.signal)
    const began = ports.clock.monotonicMs()
    const more = await work.round().catch((error: unknown) => {
      work.onError?.(error)
      return false
    })
    work.onRound?.(ports.clock.monotonicMs() - began)
    if (more) {
      round.abort()
      round = new AbortController()
    }
    await woken
  }
  signal.removeEventListener('abort', stop)
}
