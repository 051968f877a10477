import type { Span } from '@rondo/model'
import type { Pair, YAMLMap, Node as YamlNode } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, Scalar } from 'yaml'
import { didYouMean } from '../did-you-mean.ts'
import type { Limits } from '../limits.ts'
import type { Report } from '../report.ts'
import { EntryCollector } from './entry-collector.ts'
import type { Anchored, DefinedAnchor, SharedAnchors } from './fast/fast-builder.ts'
import type { MapNode, Node } from './node.ts'
import { listNode, sourceScalar, typeName } from './node.ts'
import { scalarValue } from './scalar.ts'

export interface LibraryTree {
  readonly root: Node
  readonly unusedAnchors: readonly DefinedAnchor[]
}

export interface LibraryTreeBuilder {
  /** Undefined when what is wrong was reported. */
  build(contents: YamlNode | null): LibraryTree | undefined
}

type Built = Anchored

/** Makes our tree of what the library read: aliases and merges resolved, sizes and depths bounded. */
export function createTreeBuilder(
  { source, file, shared }: { source: string; file: string; shared: SharedAnchors | undefined },
  limits: Limits,
  report: Report,
): LibraryTreeBuilder {
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
