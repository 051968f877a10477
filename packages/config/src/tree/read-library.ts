import type { Span } from '@rondo/model'
import type { Document, Pair, YAMLError, YAMLMap, Node as YamlNode } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, Scalar, visit } from 'yaml'
import { didYouMean } from '../did-you-mean.ts'
import type { Limits } from '../limits.ts'
import type { Report } from '../report.ts'
import { EntryCollector } from './entry-collector.ts'
import type { Anchored, DefinedAnchor, SharedAnchors } from './fast/fast-builder.ts'
import type { Stopped } from './mistake-window.ts'
import { mistakeWindow } from './mistake-window.ts'
import type { MapNode, Node } from './node.ts'
import { listNode, sourceScalar, typeName } from './node.ts'
import { scalarValue } from './scalar.ts'
import { yamlHint } from './yaml-hint.ts'

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

export interface LibraryTree {
  readonly root: Node
  readonly unusedAnchors: readonly DefinedAnchor[]
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

interface ReadText {
  readonly source: string
  /** Where the document begins in the source. */
  readonly offset: number
  readonly file: string
}

function reportMistakes(
  { source, offset, file }: ReadText,
  report: Report,
  document: Document,
  errors: readonly YAMLError[],
): void {
  // One walk of the tree is affordable, one for each mistake is not.
  let searched = false
  let bracketed = false
  // A tab moves what stands behind it, which makes mistakes of its neighbours.
  const tabs = errors.filter(({ message }) => message.startsWith('Tabs are not allowed'))
  for (const { pos, message } of tabs.length > 0 ? tabs : errors) {
    const [start, end] = [pos[0] + offset, pos[1] + offset]
    const quote = !searched && message.startsWith('Missing closing') ? openQuote(document, pos[0]) : undefined
    searched ||= message.startsWith('Missing closing')
    if (quote !== undefined) {
      const text = 'The text in quotes that begins here never ends'
      report.error('yaml-syntax', { file, start: quote + offset, end: quote + offset + 1 }, text)
      continue
    }
    const isOpen: boolean = leftOpen.test(message)
    // What is said of brackets after the first follows from it.
    if (isOpen && bracketed) continue
    const bracket = isOpen ? openBracket(source, start) : undefined
    bracketed ||= isOpen
    if (bracket !== undefined) {
      const [opening, closing] = source[bracket] === '[' ? ['[', ']'] : ['{', '}']
      report.error(
        'yaml-syntax',
        { file, start: bracket, end: bracket + 1 },
        `The '${opening}' that stands here is never closed`,
        {
          hint: `Write '${closing}' where it is to end`,
        },
      )
      continue
    }
    // What is wrong is what stands there, not the blanks before it.
    const begin = start + (/^ +(?=\S)/.exec(source.slice(start, start + 200))?.[0].length ?? 0)
    const span = { file, start: begin, end: Math.max(end, begin + 1) }
    report.error('yaml-syntax', span, yamlMessage(message), {
      hint: yamlHint(message, source.slice(Math.max(0, begin - 200), begin), restOfLine(source, begin)),
    })
  }
}

const leftOpen = /must be sufficiently indented and end with a|^Expected flow (?:map|sequence) to end/
/** Looking further back costs more than a better place is worth. */
const maxBack = 20_000

/** The bracket that is still open at a place, brackets in quotes aside; undefined when none is found. */
function openBracket(source: string, end: number): number | undefined {
  const from = Math.max(0, end - maxBack)
  const before = source.slice(from, end).replaceAll(/"[^"\n]*"|'[^'\n]*'/g, (quoted) => '.'.repeat(quoted.length))
  let closed = 0
  for (let at = before.length - 1; at >= 0; at -= 1) {
    const char = before[at]
    if (char === ']' || char === '}') closed += 1
    else if (char === '[' || char === '{') {
      if (closed === 0) return from + at
      closed -= 1
    }
  }
  return undefined
}

function restOfLine(source: string, start: number): string {
  return source.slice(start, start + 200).split('\n', 1)[0]!
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

/** What the reader says of the rest of a text that it has lost the thread of tells nothing; the mistake before it does. */
function withoutFollowers(errors: readonly YAMLError[]): readonly YAMLError[] {
  const follows = /^Unexpected \S+ token in YAML stream|^Unexpected flow-error-end/
  return errors.filter(({ message }, index) => index === 0 || !follows.test(message))
}

/** The first mistake of each line: the others of a line nearly always follow from it. */
function firstOfLines(source: string, errors: readonly YAMLError[]): readonly YAMLError[] {
  const lines = new Set<number>()
  // A line may be a megabyte long and hold a mistake in every character, so it is searched for its ends once.
  let line = { start: 0, end: -1 }
  return errors.filter(({ pos: [start] }) => {
    const before = Math.max(0, start - 1)
    if (before < line.start || before > line.end) {
      const end = source.indexOf('\n', before + 1)
      line = { start: source.lastIndexOf('\n', before), end: end === -1 ? source.length : end - 1 }
    }
    return lines.size !== lines.add(line.start).size
  })
}

function yamlMessage(message: string): string {
  if (message.startsWith('Maximum call stack')) return 'The text is nested too deeply to be read'
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

type Built = Anchored

function createTreeBuilder(
  { source, file, shared }: { source: string; file: string; shared: SharedAnchors | undefined },
  limits: Limits,
  report: Report,
) {
  const lastLine = source.slice(source.lastIndexOf('\n') + 1)
  const anchors = new Map<string, Built>()
  const defined: DefinedAnchor[] = []
  let failed = false

  function build(contents: YamlNode | null): LibraryTree | undefined {
    const { node: root } = convert(contents, 1, { file, start: 0, end: 0 })
    return failed ? undefined : { root, unusedAnchors: defined.filter(({ anchored }) => anchored.used !== true) }
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
    define(node, built)
    return built
  }

  function define(node: YamlNode, anchored: Built): void {
    const { anchor: name } = node as { anchor?: string }
    if (name === undefined) return
    anchors.set(name, anchored)
    shared?.set(name, anchored)
    defined.push({ name, anchored })
  }

  function aliasTarget(name: string, span: Span): Built {
    const target = anchors.get(name) ?? shared?.get(name)
    if (target !== undefined) {
      target.used = true
      return target
    }
    // After the first failure anchors may be missing that are there in the text.
    if (failed) return { node: sourceScalar(null, span, ''), size: 1, depth: 1 }
    return fail(
      'yaml-anchor',
      span,
      `unknown anchor '${name}' referenced`,
      didYouMean(name, [...anchors.keys(), ...(shared?.keys() ?? [])]) ??
        `Write '&${name}' before what it stands for; a text that begins with '*' stands in quotes`,
    )
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
    if (isScalar(key)) {
      define(key, { node: convertScalar(key, span), size: 1, depth: 1 })
      return typeof key.value === 'string' ? key.value : String(key.value ?? '')
    }
    if (isAlias(key)) {
      const target = aliasTarget(key.source, span).node
      if (target.kind === 'scalar') return target.text
    }
    const template = source.startsWith('{{', span.start - 1)
    const hint = template ? "Put a text that begins with '{{' in quotes" : undefined
    fail('yaml-merge', span, 'A key must be plain text, not a list or a map', hint)
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
    const text = withoutMadeUpEnd(String(scalar.value ?? ''), scalar)
    const plain = scalar.type === Scalar.PLAIN || scalar.type === undefined
    const tag = /^tag:yaml\.org,2002:(.*)$/.exec(scalar.tag ?? '')?.[1]
    return sourceScalar(scalarValue(text, plain, tag), span, text)
  }

  /** The library ends a block text with a line end also where the source ends without one. */
  function withoutMadeUpEnd(text: string, scalar: Scalar): string {
    const block = scalar.type === Scalar.BLOCK_LITERAL || scalar.type === Scalar.BLOCK_FOLDED
    const open = block && scalar.range?.[1] === source.length && lastLine.trim() !== ''
    return open && text.endsWith('\n') ? text.slice(0, -1) : text
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
