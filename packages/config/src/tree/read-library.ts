import type { Span } from '@rondo/model'
import type { Document, Pair, YAMLError, YAMLMap, Node as YamlNode } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, Scalar, visit } from 'yaml'
import { didYouMean } from '../did-you-mean.ts'
import type { Limits } from '../limits.ts'
import { defaultLimits } from '../limits.ts'
import type { Report } from '../report.ts'
import { EntryCollector } from './entry-collector.ts'
import type { MapNode, Node } from './node.ts'
import { listNode, sourceScalar, typeName } from './node.ts'
import { plainScalarValue } from './scalar.ts'

/** A text with more mistakes than this in the next stretch is read no further: the author has enough to do. */
const manyMistakes = 30
const stretch = 32_768

/**
 * Reads all of YAML, and says what is wrong with a text, all of it at once. Undefined when it is reported as broken.
 * @param from where the fast reader gave up; before it there is no mistake
 */
export function readWithLibrary(
  source: string,
  file: string,
  limits: Limits,
  report: Report,
  from = 0,
): Node | undefined {
  if (isFullOfMistakes(source, from)) return void readDocument(firstStretch(source, from), file, report, limits)
  const document = readDocument(source, file, report, limits)
  if (document === undefined) return undefined
  return createTreeBuilder(file, limits, report).build(document.contents as YamlNode | null)
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
  if (document !== undefined) reportMistakes(source, file, report, document)
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

/**
 * Whether the text is full of mistakes from where the first of them may be. The library takes seconds for a megabyte of
 * them, and a look at the beginning tells. One or two there say nothing: they may be of the end that was cut off.
 */
function isFullOfMistakes(source: string, from: number): boolean {
  const text = firstStretch(source, from)
  if (text.length === source.length || flowDepth(text) > defaultLimits.depth) return false
  const documents = parseDocuments(text)
  return typeof documents !== 'string' && firstOfLines(text, documents[0]?.errors ?? []).length > manyMistakes
}

function firstStretch(source: string, from: number): string {
  const cut = source.indexOf('\n', from + stretch)
  return cut === -1 ? source : source.slice(0, cut + 1)
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

function reportMistakes(source: string, file: string, report: Report, document: Document): void {
  // One walk of the tree is affordable, one for each mistake is not.
  let searched = false
  for (const { pos, message } of firstOfLines(source, document.errors)) {
    const [start, end] = pos
    const quote = !searched && message.startsWith('Missing closing') ? openQuote(document, start) : undefined
    searched ||= message.startsWith('Missing closing')
    if (quote !== undefined) {
      const text = 'The text in quotes that begins here never ends'
      report.error('yaml-syntax', { file, start: quote, end: quote + 1 }, text)
      continue
    }
    // What is wrong is what stands there, not the blanks before it.
    const begin = start + (/^ +(?=\S)/.exec(source.slice(start, start + 200))?.[0].length ?? 0)
    report.error('yaml-syntax', { file, start: begin, end: Math.max(end, begin + 1) }, yamlMessage(message))
  }
}

/** Where the text in quotes begins that is still open at `end`. */
function openQuote(document: Document, end: number): number | undefined {
  let found: number | undefined
  visit(document, {
    Scalar(_, node) {
      const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE
      const range = node.range
      if (quoted && range != null && range[0] < end && range[1] >= end) found = range[0]
    },
  })
  return found
}

/** The first mistake of each line: the others of a line nearly always follow from it. */
function firstOfLines(source: string, errors: readonly YAMLError[]): readonly YAMLError[] {
  const lines = new Set<number>()
  return errors.filter(({ pos: [start] }) => {
    const lineStart = source.lastIndexOf('\n', Math.max(0, start - 1))
    return lines.size !== lines.add(lineStart).size
  })
}

function yamlMessage(message: string): string {
  return message.replace(/\s+at line \d+, column \d+[\s\S]*$/, '')
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

interface Built {
  readonly node: Node
  /** Nodes with every alias written out. */
  readonly size: number
  readonly depth: number
}

function createTreeBuilder(file: string, limits: Limits, report: Report) {
  const anchors = new Map<string, Built>()
  let failed = false

  function build(contents: YamlNode | null): Node | undefined {
    const built = convert(contents, 1, { file, start: 0, end: 0 })
    return failed ? undefined : built.node
  }

  function fail(code: 'limit' | 'yaml-anchor' | 'yaml-merge', span: Span, message: string, hint?: string): Built {
    // One limit message is enough: everything after it repeats the same cause.
    if (!(failed && code === 'limit')) report.error(code, span, message, { hint })
    failed = true
    return { node: sourceScalar(null, span, ''), size: 1, depth: 1 }
  }

  function convert(node: YamlNode | null, level: number, near: Span): Built {
    if (node === null) return { node: sourceScalar(null, near, ''), size: 1, depth: 1 }
    const span = spanOf(node, near)
    if (level > limits.depth) return fail('limit', span, `The config is nested more than ${limits.depth} deep`)
    if (isAlias(node)) return aliasTarget(node.source, span)
    const built = convertPlain(node, level, span)
    if (built.size > limits.nodes) {
      return fail('limit', span, `Written out, the aliases below make more than ${limits.nodes} values`)
    }
    if (built.depth + level > limits.depth + 1)
      return fail('limit', span, `The config is nested more than ${limits.depth} deep`)
    const anchor = (node as { anchor?: string }).anchor
    if (anchor !== undefined) anchors.set(anchor, built)
    return built
  }

  function aliasTarget(name: string, span: Span): Built {
    const target = anchors.get(name)
    if (target !== undefined) return target
    // After the first failure anchors may be missing that are there in the text.
    if (failed) return { node: sourceScalar(null, span, ''), size: 1, depth: 1 }
    return fail('yaml-anchor', span, `unknown anchor '${name}' referenced`, didYouMean(name, anchors.keys()))
  }

  function convertPlain(node: YamlNode, level: number, span: Span): Built {
    if (isMap(node)) return convertMap(node, level, span)
    if (isSeq(node)) {
      const items = node.items.map((item) => convert(item as YamlNode | null, level + 1, span))
      return {
        node: listNode(
          items.map((item) => item.node),
          span,
        ),
        ...measure(items),
      }
    }
    return { node: convertScalar(node as Scalar, span), size: 1, depth: 1 }
  }

  function convertMap(map: YAMLMap, level: number, span: Span): Built {
    const entries = new EntryCollector(report)
    const parts: Built[] = []
    for (const pair of map.items as Pair<YamlNode, YamlNode | null>[]) {
      const keySpan = spanOf(pair.key, span)
      const value = convert(pair.value, level + 1, keySpan)
      parts.push(value)
      const key = keyText(pair.key, keySpan)
      if (key === undefined) continue
      if (isMergeKey(pair.key)) for (const source of mergeSources(value.node, keySpan)) entries.merge(source)
      else entries.add(key, keySpan, value.node)
    }
    return { node: entries.finish(span), ...measure(parts) }
  }

  function keyText(key: YamlNode, span: Span): string | undefined {
    if (isScalar(key)) return typeof key.value === 'string' ? key.value : String(key.value ?? '')
    if (isAlias(key)) {
      const target = aliasTarget(key.source, span).node
      if (target.kind === 'scalar') return target.text
    }
    fail('yaml-merge', span, 'A key must be plain text, not a list or a map')
    return undefined
  }

  function mergeSources(value: Node, span: Span): readonly MapNode[] {
    const sources = value.kind === 'list' ? value.items : [value]
    const maps = sources.filter((source) => source.kind === 'map')
    if (maps.length !== sources.length && !(value.kind === 'scalar' && value.value === null)) {
      fail('yaml-merge', span, `'<<:' must be given a map or a list of maps, found ${typeName(value)}`)
    }
    return maps
  }

  function convertScalar(scalar: Scalar, span: Span): Node {
    const text = String(scalar.value ?? '')
    const plain = scalar.type === Scalar.PLAIN || scalar.type === undefined
    const asText = !plain || scalar.tag?.endsWith(':str') === true
    return sourceScalar(asText ? text : plainScalarValue(text), span, text)
  }

  function spanOf(node: YamlNode | null, near: Span): Span {
    const range = node?.range
    return range ? { file, start: range[0], end: range[1] } : near
  }

  return { build }
}

function isMergeKey(key: YamlNode): boolean {
  return isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN
}

function measure(parts: readonly Built[]): { size: number; depth: number } {
  let size = 1
  let depth = 1
  for (const part of parts) {
    size += part.size
    depth = Math.max(depth, part.depth + 1)
  }
  return { size, depth }
}
