import type { Origin, Span } from '@rondo/model'
import { placeOf } from '../../template/place.ts'

/** Texts by file name: where the narrower place of a surprise is looked for. */
export type Sources = ReadonlyMap<string, string>

/** Where a piece of a step's text is written; the step as a whole where that cannot be told. */
export function placeInStep(sources: Sources, { span }: Origin, piece: string): Span {
  return placeOf({ sources }, span, piece) ?? span
}
