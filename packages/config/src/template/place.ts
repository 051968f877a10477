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

/** A `<<` of a text, by which its place in the file is found once there is something to say of it. */
export interface WrittenAt {
  /** Of the whole scalar. */
  readonly span: Span
  readonly text: string
  /** Offset of the `<<` in the text. */
  readonly start: number
}

/**
 * Where a `<<` and what follows up to its `>>` is written: a text has as many of them before it as its scalar in the file has.
 * The whole scalar, when it does not read alike there.
 */
export function writtenPlace(cx: Pick<ResolveContext, 'sources'>, { span, text, start }: WrittenAt): Span {
  if (span.end - span.start > maxSearched) return span
  const source = cx.sources.get(span.file)?.slice(span.start, span.end) ?? ''
  // What stands beside the mark of a block is a comment.
  let at = source.indexOf('<<', /^[|>]/.test(source) ? source.indexOf('\n') : 0)
  for (let before = text.indexOf('<<'); before < start && at !== -1; before = text.indexOf('<<', before + 2))
    at = source.indexOf('<<', at + 2)
  const line = firstLine(source.slice(Math.max(0, at)))
  const meant = firstLine(text.slice(start))
  if (at === -1 || !(line.startsWith(meant) || meant.startsWith(line))) return span
  const close = source.indexOf('>>', at)
  return { file: span.file, start: span.start + at, end: close === -1 ? span.end : span.start + close + 2 }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.trimEnd()
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
