import { setTimeout as sleep } from 'node:timers/promises'
import { isNoRoom } from '@rondo/adapters'
import { lookAgainMs } from './when-room.ts'

/**
 * Writes one thing after the other, at once where there is room. What there is none for is kept here, with all that comes
 * after it, and goes with what is written next, or while somebody waits for it. So a line is never torn for long, nor left out.
 */
export interface PatientWriter {
  write(bytes: Buffer): void
  /** Ends when everything is written; rejects when the signal aborts first. */
  written(signal?: AbortSignal): Promise<void>
}

/** `take` writes some of the bytes and answers how many, as `writeSync` does; what it throws, but for a full disk, is thrown. */
export function createPatientWriter(take: (bytes: Buffer) => number): PatientWriter {
  const waiting: Buffer[] = []

  function goOn(): void {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const taken = first.length === 0 ? 0 : take(first)
      if (taken === first.length) waiting.shift()
      else waiting[0] = first.subarray(taken)
    }
  }

  function tryToGoOn(): void {
    try {
      goOn()
    } catch (error) {
      if (isNoRoom(error)) return
      // What cannot be written is told once, and keeps nobody waiting.
      waiting.length = 0
      throw error
    }
  }

  return {
    write(bytes) {
      waiting.push(bytes)
      tryToGoOn()
    },
    async written(signal) {
      for (tryToGoOn(); waiting.length > 0; tryToGoOn())
        await sleep(lookAgainMs, undefined, signal === undefined ? {} : { signal })
    },
  }
}
