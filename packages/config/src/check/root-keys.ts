import { didYouMean, nearest } from '../did-you-mean.ts'
import type { Report } from '../report.ts'
import type { MapNode } from '../tree/node.ts'

const keysOf = {
  2: ['jobs', 'workflows'],
  2.1: ['setup', 'orbs', 'commands', 'executors', 'parameters', 'jobs', 'job-groups', 'workflows'],
}

/** Whether a key at the top of a config means something. */
export function isRootKey(key: string): boolean {
  return key === 'version' || keysOf[2.1].includes(key)
}

/**
 * Warns of a key at the top that looks like a slip for one that is not there. Any other is let be: people keep anchors
 * under names of their own (semantics 2).
 */
export function checkRootKeys(report: Report, root: MapNode, version: 2 | 2.1): void {
  const orbs = version === 2 ? root.entries.get('orbs') : undefined
  if (orbs !== undefined)
    report.warn('ignored-key', orbs.keySpan, "Version 2 has no 'orbs': it is ignored", {
      hint: "Write 'version: 2.1' at the top",
    })
  const absent = keysOf[version].filter((key) => !root.entries.has(key))
  for (const { key, keySpan } of root.entries.values()) {
    if (keysOf[2.1].includes(key) || nearest(key.slice(0, 100), absent) === undefined) continue
    const message = `The key '${key}' means nothing at the top of a config and is ignored`
    report.warn('ignored-key', keySpan, message, { hint: didYouMean(key, absent) })
  }
}
