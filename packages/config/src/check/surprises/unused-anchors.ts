import type { Span } from '@rondo/model'
import type { Report } from '../../report.ts'

export interface UnusedAnchor {
  readonly name: string
  readonly span: Span
}

/** Anchors that no alias names (semantics 28.7): a leftover, or a slip in the name of the alias that was meant. */
export function checkUnusedAnchors(report: Report, anchors: readonly UnusedAnchor[]): void {
  for (const { name, span } of anchors)
    report.warn('unused-anchor', span, `Anchor '${name}' is never used`, { hint: `Remove '&${name}'` })
}
