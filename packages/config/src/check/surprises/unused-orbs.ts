import type { Report } from '../../report.ts'
import { child, type MapNode } from '../../tree/node.ts'

/**
 * Orbs that the config imports and names nowhere: each costs its reading, and a range that moves. Looked for in the text,
 * so that what a dropped workflow uses counts; nothing is said where a template makes the name.
 */
export function checkUnusedOrbs(report: Report, root: MapNode, source: string): void {
  const orbs = child(root, 'orbs')
  if (orbs?.kind !== 'map' || />>\s*\//.test(source)) return
  for (const { key, keySpan } of orbs.entries.values()) {
    if (source.includes(`${key}/`)) continue
    report.warn('unused-orb', keySpan, `Orb '${key}' is unused`, { hint: "Remove it from 'orbs:'" })
  }
}
