import { setTimeout as sleep } from 'node:timers/promises'
import { isNoRoom } from '@rondo/adapters'

export const lookAgainMs = 250

/** Does what a full disk keeps from being done as soon as there is room for it, from its start. Rejects when the signal aborts first. */
export async function whenRoom<T>(work: () => T, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isNoRoom(error)) throw error
    }
    await sleep(lookAgainMs, undefined, { signal })
  }
}
