import type { Span } from '@rondo/model'
import type { Report } from '../../report.ts'
import type { MapNode } from '../../tree/node.ts'
import { isRootKey } from '../root-keys.ts'

export interface UnusedAnchor {
  readonly name: string
  readonly span: Span
}

/**
 * Anchors that no alias names (semantics 28.7), in parts of the file that have no meaning of their own: nothing comes of
 * what stands there. An anchor at a job or a step that runs is only one too many, and many configs have some.
 */
export function checkUnusedAnchors(report: Report, root: MapNode, anchors: readonly UnusedAnchor[]): void {
  if (anchors.length === 0) return
  const dead = [...root.entries.values()].filter(({ key }) => !isRootKey(key))
  for (const { name, span } of anchors) {
    if (!dead.some(({ keySpan, value }) => keySpan.start <= span.start && span.start <= value.span.end)) continue
    report.warn('unused-anchor', span, `Anchor '${name}' is never used: nothing comes of what stands here`, {
      hint: `Remove it, or name it where it is to stand: *${name}`,
    })
  }
}
