import type { Node } from '../tree/node.ts'
import { typeName } from '../tree/node.ts'
import type { Place } from './place.ts'

/** `context`: a name or a list of names, each once. */
export function readContexts(place: Place, node: Node | undefined): readonly string[] {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
  const names = new Set<string>()
  for (const item of node.kind === 'list' ? node.items : [node]) {
    if (item.kind !== 'scalar') {
      place.report.error(
        'expected-type',
        item.span,
        `'context' of ${place.what} holds names, found ${typeName(item)}`,
        { chain: place.chain },
      )
      continue
    }
    const name = item.text
    if (names.has(name))
      place.report.warn('duplicate-name', item.span, `Context '${name}' is named twice for ${place.what}`, {
        chain: place.chain,
      })
    if (name !== '') names.add(name)
  }
  return [...names]
}
