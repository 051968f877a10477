import type { Document, Node as YamlNode } from 'yaml'
import { parseAllDocuments } from 'yaml'
import type { Limits } from '../limits.ts'
import type { Report } from '../report.ts'
import type { SharedAnchors } from './fast/fast-builder.ts'
import { firstOfLines, withoutFollowers } from './first-mistakes.ts'
import { createTreeBuilder, type LibraryTree } from './library-tree-builder.ts'
import type { Stopped } from './mistake-window.ts'
import { mistakeWindow } from './mistake-window.ts'
import { reportMistakes } from './report-mistakes.ts'

/** A text with more mistakes than this around the first is read no further: the author has enough to do. */
const manyMistakes = 30
/** Characters around the first mistake that are looked at before the rest. */
const reach = 48_000
/** A text longer than this is read no further than around its first mistake: the library needs a second for a megabyte. */
const affordable = 300_000

export interface LibraryHelp {
  /** Where the fast reader gave up. */
  readonly stopped?: Stopped
  /** See `parseTree`. */
  readonly shared?: SharedAnchors | undefined
}

/**
 * Reads all of YAML, and says what is wrong with a text, all of it at once. Undefined when it is reported as broken.
 */
export function readWithLibrary(
  source: string,
  file: string,
  limits: Limits,
  report: Report,
  { stopped = { end: 0, entries: [] }, shared }: LibraryHelp = {},
): LibraryTree | undefined {
  if (source.length > reach && reportNearMistakes(source, file, limits, report, stopped)) return undefined
  const document = readDocument(source, file, report, limits)
  if (document === undefined) return undefined
  return createTreeBuilder({ source, file, shared }, limits, report).build(document.contents as YamlNode | null)
}

/**
 * Reports the mistakes around the place where the fast reader gave up, when they are many or reading everything would
 * take long. False when there is nothing to be said from so near.
 */
function reportNearMistakes(source: string, file: string, limits: Limits, report: Report, stopped: Stopped): boolean {
  const window = mistakeWindow(source, stopped, reach)
  // In one pair of brackets, or on one line, there is no good place to cut.
  const isNear = window !== undefined && window.end - window.start < affordable
  if (!isNear && source.length > affordable && reportInBrackets(source, file, limits, report, stopped)) return true
  if (window === undefined) return false
  const text = source.slice(window.start, window.end)
  if (flowDepth(text) > limits.depth) return false
  const documents = parseDocuments(text)
  if (typeof documents === 'string' || documents.length !== 1) return false
  // What is wrong at the very end may be so only because the text was cut off there.
  const cut = window.end === source.length ? Number.POSITIVE_INFINITY : text.length - 1
  const errors = firstOfLines(text, documents[0]!.errors).filter(({ pos: [start] }) => start < cut)
  if (errors.length === 0 || (errors.length <= manyMistakes && source.length <= affordable)) return false
  reportMistakes({ source, offset: window.start, file }, report, documents[0]!, errors)
  return true
}

/**
 * Reports the first mistake in brackets that began too far away: the item the fast reader gave up in and what follows
 * it, read as if the bracket stood right before.
 */
function reportInBrackets(
  source: string,
  file: string,
  limits: Limits,
  report: Report,
  { flow, end }: Stopped,
): boolean {
  if (flow === undefined || end - flow.start > reach) return false
  const cut = Math.min(source.length, Math.max(end, flow.start) + reach)
  const text = `${flow.isList ? '[' : '{'}${source.slice(flow.start, cut)}`
  if (flowDepth(text) > limits.depth) return false
  const documents = parseDocuments(text)
  const [document] = typeof documents === 'string' ? [] : documents
  const [first] = document?.errors ?? []
  // A mistake further away may be one only because the text ends there.
  const isNear = first !== undefined && (cut === source.length || first.pos[0] < text.length - reach / 2)
  if (document === undefined || !isNear) return false
  reportMistakes({ source, offset: flow.start - 1, file }, report, document, [first])
  return true
}

function readDocument(source: string, file: string, report: Report, limits: Limits): Document | undefined {
  if (flowDepth(source) > limits.depth) {
    report.error('limit', { file, start: 0, end: 1 }, `Brackets are nested more than ${limits.depth} deep`)
    return undefined
  }
  const documents = parseDocuments(source)
  if (typeof documents === 'string') {
    report.error('yaml-syntax', { file, start: 0, end: 1 }, `${file} cannot be read: ${documents}`)
    return undefined
  }
  const document = documents[0]
  if (document !== undefined)
    reportMistakes(
      { source, offset: 0, file },
      report,
      document,
      firstOfLines(source, withoutFollowers(document.errors)),
    )
  const second = documents[1]
  if (second !== undefined) {
    const start = second.range?.[0] ?? 0
    report.error(
      'yaml-syntax',
      { file, start, end: start + 1 },
      'A config must hold a single YAML document; a second one begins here',
    )
  }
  if (document === undefined) {
    report.error(
      'root',
      { file, start: 0, end: 1 },
      `A config must be a map with the key 'version' at its root; the file is empty`,
    )
    return undefined
  }
  return document.errors.length > 0 || second !== undefined ? undefined : document
}

/** The documents of a text, or why it cannot be taken apart at all. */
function parseDocuments(source: string): readonly Document[] | string {
  // To us the library's errors are data; taking a stack trace for each is most of what a broken text costs.
  const traceLimit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return [
      ...parseAllDocuments(source, { version: '1.1', schema: 'failsafe', uniqueKeys: false, prettyErrors: false }),
    ]
  } catch (error) {
    return error instanceof RangeError ? 'it is nested too deeply' : 'the reader gave up on it'
  } finally {
    Error.stackTraceLimit = traceLimit
  }
}

/** An upper bound for the nesting of flow collections, cheap enough to run before the recursive reader does. */
function flowDepth(source: string): number {
  let depth = 0
  let deepest = 0
  for (let index = 0; index < source.length; index += 1) {
    const code = source.charCodeAt(index)
    if (code === 0x5b || code === 0x7b) depth += 1
    else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1)
    else if (code === 0x0a && source.charCodeAt(index + 1) > 0x20 && depth < 50) depth = 0
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
