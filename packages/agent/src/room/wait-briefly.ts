import { statfsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookAgainMs } from './when-room.ts'

/** Less than a shell, or the reader of a pipe, writes at once. */
const leastBytes = 64 * 1024

interface Patience {
  readonly ms: number
  /** A folder on the disk in question. */
  readonly folder: string
  /** Whoever stops does not wait for room. */
  readonly signal: AbortSignal
}

/**
 * Waits until something holds that follows at once unless something died: for so long at most. Time in which the disk is full
 * does not count, for what a job prints waits for room there; quotas are not seen.
 */
export async function waitBriefly(
  holds: () => boolean | Promise<boolean>,
  { ms, folder, signal }: Patience,
): Promise<void> {
  for (let deadline = performance.now() + ms; !(await holds()); ) {
    const waitsForRoom = !signal.aborted && isFull(folder)
    if (waitsForRoom) deadline = performance.now() + ms
    if (performance.now() > deadline) return
    await sleep(waitsForRoom ? lookAgainMs : 1)
  }
}

function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize < leastBytes
}
