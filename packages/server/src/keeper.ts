import { setTimeout as sleep } from 'node:timers/promises'
import { isNoRoom, processLockHolder, takeProcessLock } from '@rondo/adapters'

export interface Keeper {
  /** Whether this process is the one that keeps the thing running. */
  readonly mine: boolean
  /** Tries to become it; false while another process is. */
  take(): boolean
  /** Waits until this process is the one, or the signal aborts. */
  wait(signal: AbortSignal): Promise<boolean>
  release(): void
}

/**
 * Of several processes one keeps a thing running (PostgreSQL, the agent of this machine); when it ends, in whatever way,
 * another takes over. The lock is a file, so it says nothing across machines.
 */
export function createKeeper(path: string): Keeper {
  let lock: { release(): void } | undefined

  /** On a full disk it is nobody's, until there is room to say whose. */
  function takeIfRoom(): boolean {
    try {
      return keeper.take()
    } catch (error) {
      if (isNoRoom(error)) return false
      throw error
    }
  }

  const keeper: Keeper = {
    get mine() {
      return lock !== undefined
    },
    take() {
      if (lock !== undefined) return true
      if (processLockHolder(path) !== undefined) return false
      const answer = takeProcessLock(path)
      if (answer.taken) lock = answer
      return answer.taken
    },
    async wait(signal) {
      while (!signal.aborted && !takeIfRoom()) await sleep(250, undefined, { signal }).catch(() => {})
      return !signal.aborted
    },
    release() {
      lock?.release()
      lock = undefined
    },
  }
  return keeper
}
