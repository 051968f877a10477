import { setTimeout as sleep } from 'node:timers/promises'
import type { EventRecord, LiveEvents, Wakeups } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Database } from './database.ts'
import { type EventRow, eventColumns, toEvent } from './rows.ts'

export interface EventFollower extends LiveEvents {
  start(signal: AbortSignal): Promise<void>
}

/** Slow tick behind the notifications. */
const tickMs = 1_500

/**
 * Follows the event table from its end at start. A row's id is given before its transaction commits, so a later id can be
 * visible first; only rows below the oldest transaction still open are read, in the order (transaction, id).
 */
export function createEventFollower(database: Database, wakeups: Wakeups): EventFollower {
  const listeners = new Set<(event: EventRecord) => void>()
  let cursor: { xid: string; id: number } | undefined
  /** Resolved when somebody comes. */
  let somebody = Promise.withResolvers<void>()

  async function readNew(): Promise<readonly EventRow[]> {
    cursor ??= await endOfLog(database)
    const rows = await database.rows<EventRow>(sql`
      select ${eventColumns}, xid::text as xid from events
      where (xid, id) > (${cursor.xid}::xid8, ${cursor.id}) and xid < pg_snapshot_xmin(pg_current_snapshot())
      order by xid, id limit 500`)
    const last = rows.at(-1)
    if (last) cursor = { xid: last.xid, id: last.id }
    return rows
  }

  return {
    subscribe(listener) {
      listeners.add(listener)
      somebody.resolve()
      somebody = Promise.withResolvers()
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    async start(signal) {
      while (!signal.aborted) {
        if (listeners.size === 0) {
          // Nobody looks: what happens is passed over, and whoever comes gets what came since the last look, or a little more.
          cursor = await endOfLog(database).catch(() => cursor)
          await Promise.race([sleep(tickMs, undefined, { signal }).catch(() => {}), somebody.promise])
          continue
        }
        const woken = wakeups.wait('events', tickMs, signal)
        const rows = await readNew().catch(() => [])
        for (const event of rows.map(toEvent)) for (const listener of listeners) listener(event)
        if (rows.length === 0) await woken
      }
    },
  }
}

async function endOfLog(database: Database): Promise<{ xid: string; id: number }> {
  const [row] = await database.rows<{ xid: string }>(sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`)
  return { xid: row?.xid ?? '0', id: 0 }
}
