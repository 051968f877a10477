import { setTimeout as sleep } from 'node:timers/promises'
import type { AttemptDeps } from '../attempt/attempt.ts'
import { marksAround, watchDisk } from './disk-watch.ts'
import type { Gate } from './gate.ts'
import type { Roster } from './roster.ts'

/** What an agent keeps in order beside its tasks. */
export interface Housekeeping {
  /** Folders whose file systems it and its engine write to. */
  readonly folders: readonly string[]
  /** Used percent of one of them at which no new tasks are taken. */
  readonly diskCloseAt: number
  /** Removes what attempts left that are not kept; answers how many things went. */
  removeLeftovers(keep: () => ReadonlySet<string>): Promise<number>
  /** Removes images that jobs brought, oldest use first, until it is enough; answers their names. */
  removeImages(enough: () => Promise<boolean>): Promise<readonly string[]>
}

const sweepEveryMs = 10 * 60_000

/** Watches the disks, and looks for leftovers every ten minutes; until the signal aborts. */
export async function keepHouse(
  house: Housekeeping,
  roster: Pick<Roster, 'attemptIds'>,
  gate: Gate,
  log: AttemptDeps['log'],
  signal: AbortSignal,
): Promise<void> {
  /** What cannot be removed now is left for the next round; the agent's work does not depend on it. */
  async function sweep(): Promise<void> {
    const removed = await house.removeLeftovers(() => roster.attemptIds).catch(() => 0)
    if (removed > 0) log('leftovers removed', { removed })
  }

  async function collect(enough: () => Promise<boolean>): Promise<void> {
    await sweep()
    const images = await house.removeImages(enough).catch(() => [])
    if (images.length > 0) log('images removed to make room', { images })
  }

  async function sweepNowAndThen(): Promise<void> {
    while (!signal.aborted) {
      await sleep(sweepEveryMs, undefined, { signal }).catch(() => {})
      if (!signal.aborted) await sweep()
    }
  }

  const disk = watchDisk({ gate, folders: house.folders, marks: marksAround(house.diskCloseAt), collect }, signal)
  await Promise.all([disk, sweepNowAndThen()])
}
