import type { OriginFrame } from '@rondo/model'
import type { Report } from '../report.ts'
import type { MapEntry, Node } from '../tree/node.ts'
import { listNode, mapNode, scalarNode, stringOf, typeName } from '../tree/node.ts'

/** The entries of an `environment` in any of its forms (semantics 12.2), in order, duplicates kept. */
export function environmentEntries(
  report: Report,
  node: Node | undefined,
  chain: readonly OriginFrame[],
): readonly MapEntry[] {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
  if (node.kind === 'map') return [...node.entries.values()]
  if (node.kind === 'list') return node.items.flatMap((item) => environmentEntries(report, item, chain))
  const text = stringOf(node)
  const split = text?.indexOf('=') ?? -1
  if (text !== undefined && split > 0) {
    return [{ key: text.slice(0, split), keySpan: node.span, value: scalarNode(text.slice(split + 1), node.span) }]
  }
  report.error(
    'expected-type',
    node.span,
    `An environment entry is written 'NAME: value' or 'NAME=value', found ${text ?? typeName(node)}`,
    { chain },
  )
  return []
}

/** The form job environments have in compiled output: a list of one-key maps (semantics 23.4). */
export function environmentList(entries: readonly MapEntry[], place: Node): Node {
  return listNode(
    entries.map((entry) => mapNode([entry], entry.keySpan)),
    place.span,
  )
}
