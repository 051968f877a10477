import type { Span } from '@rondo/model'
import type { Limits } from '../limits.ts'
import type { Report } from '../report.ts'
import type { DefinedAnchor, SharedAnchors } from './fast/fast-builder.ts'
import { FastBuilder } from './fast/fast-builder.ts'
import { readFast } from './fast/read-block.ts'
import { refuseNul } from './no-nul.ts'
import type { MapNode } from './node.ts'
import { isNull, typeName } from './node.ts'
import { readWithLibrary } from './read-library.ts'

const nothing: { readonly root: undefined; readonly unusedAnchors: readonly DefinedAnchor[] } = {
  root: undefined,
  unusedAnchors: [],
}

export interface ParseOptions {
  /** Anchors that other files defined, to which those of this one are added. */
  readonly shared?: SharedAnchors
  /** Told of each anchor that no alias names, with its place. */
  readonly onUnusedAnchor?: (name: string, span: Span) => void
}

/**
 * Text to tree: YAML 1.1 as configs use it (semantics 1), anchors resolved, merge keys applied, positions kept.
 * Reports what is wrong and returns undefined when there is no tree to go on with. Never throws.
 *
 * Two readers share the work: a fast one of our own for the part of YAML that configs are written in, and the library
 * for everything else, mistakes included. What the fast one reads, the library would read alike; a test holds them to it.
 */
export function parseTree(
  source: string,
  file: string,
  limits: Limits,
  report: Report,
  { shared, onUnusedAnchor }: ParseOptions = {},
): MapNode | undefined {
  const whole: Span = { file, start: 0, end: Math.min(source.length, 1) }
  if (source.length > limits.sourceCharacters) {
    const message = `${file} has ${source.length} characters; at most ${limits.sourceCharacters} are allowed`
    report.error('limit', whole, message)
    return undefined
  }
  const builder = new FastBuilder(file, limits, report, shared)
  const fast = readFast(source, builder)
  const { root, unusedAnchors } =
    fast === undefined
      ? (readWithLibrary(source, file, limits, report, { stopped: builder.stopped(), shared }) ?? nothing)
      : { root: fast, unusedAnchors: builder.unusedAnchors() }
  for (const { name, anchored } of unusedAnchors) onUnusedAnchor?.(name, anchorSpan(source, name, anchored.node.span))
  if (root !== undefined) refuseNul(source, root, report)
  if (root === undefined || root.kind === 'map') return root
  const found = isNull(root) ? 'the file is empty' : `found ${typeName(root)}`
  report.error('root', whole, `A config must be a map with the key 'version' at its root; ${found}`)
  return undefined
}

/** The anchor itself, which stands before its value. */
function anchorSpan(source: string, name: string, value: Span): Span {
  const start = source.lastIndexOf(`&${name}`, value.start)
  return start === -1 ? value : { file: value.file, start, end: start + name.length + 1 }
}
