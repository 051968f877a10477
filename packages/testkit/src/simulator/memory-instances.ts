import { agentSilentAfterMs } from '@rondo/model'
import type { MemoryDatabase } from './memory-database.ts'

/** Since when one process of the role lives without a break, of those that were heard of since `seenAfter`; undefined without any. */
export function servedSince(database: MemoryDatabase, role: string, seenAfter: number): number | undefined {
  const here = [...database.instances.values()].filter((one) => one.roles.includes(role) && one.seenAt >= seenAfter)
  return here.length === 0 ? undefined : Math.min(...here.map((one) => one.since))
}

/** Notes that an agent was heard of. */
export function agentSeen(database: MemoryDatabase, id: string): void {
  const before = database.agentsSeen.get(id)
  const seenAt = database.now
  const there = before !== undefined && before.seenAt >= seenAt - agentSilentAfterMs
  database.agentsSeen.set(id, { seenAt, backAt: there ? before.backAt : seenAt })
}

/** For how long it was there after that time, without a break; null: it was silent. */
export function agentThereMs(database: MemoryDatabase, id: string, after: number): number | null {
  const seen = database.agentsSeen.get(id)
  return seen === undefined || seen.seenAt <= after ? null : seen.seenAt - Math.max(seen.backAt, after)
}
