import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'

/**
 * Repeats a call while the server is away: what the agent has to say is never dropped. Refusals (`gone`, `conflict`, …)
 * are answers, not outages, and are thrown at once.
 */
export async function untilReachable<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unavailable' || signal.aborted) throw error
      const delay = Math.min(2_000, 50 * 2 ** Math.min(tries, 6))
      await sleep(delay / 2 + Math.random() * (delay / 2), undefined, { signal })
    }
  }
}
