import type { MemoryDatabase } from './memory-database.ts'

/** Since when one process of the role lives without a break, of those that were heard of since `seenAfter`; undefined without any. */
export function servedSince(database: MemoryDatabase, role: string, seenAfter: number): number | undefined {
  const here = [...database.instances.values()].filter((one) => one.roles.includes(role) && one.seenAt >= seenAfter)
  return here.length === 0 ? undefined : Math.min(...here.map((one) => one.since))
}
