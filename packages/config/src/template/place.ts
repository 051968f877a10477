import type { Span } from '@rondo/model'
import type { ResolveContext } from '../resolve/context.ts'

/** Looking through longer texts for each mistake in them costs more than a narrower caret is worth. */
const maxSearched = 20_000

/** Where a piece of a scalar's text is written, when it is written there as it reads; undefined otherwise. */
export function placeOf(
  cx: { readonly sources: ReadonlyMap<string, string> },
  span: Span,
  piece: string,
): Span | undefined {
  if (piece === '' || span.end - span.start > maxSearched) return undefined
  const start = cx.sources.get(span.file)?.slice(span.start, span.end).indexOf(piece) ?? -1
  return start === -1
    ? undefined
    : { file: span.file, start: span.start + start, end: span.start + start + piece.length }
}

/** The `<< >>` with this inside; the whole scalar when it cannot be told. */
export function tagPlace(cx: Pick<ResolveContext, 'sources'>, span: Span, inner: string): Span {
  const place = placeOf(cx, span, inner)
  if (place === undefined) return span
  const text = cx.sources.get(span.file) ?? ''
  const start = text.lastIndexOf('<<', place.start)
  const end = text.indexOf('>>', place.end) + 2
  return start < span.start || end < place.end || end > span.end ? span : { file: span.file, start, end }
}
