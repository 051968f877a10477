import type { Node } from '../tree/node.ts'
import { stringOf } from '../tree/node.ts'
import { reportType } from './expected-type.ts'
import type { Place } from './place.ts'

/** `context`: a name or a list of names, each once. */
export function readContexts(place: Place, node: Node | undefined): readonly string[] {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
  const names = new Set<string>()
  for (const item of node.kind === 'list' ? node.items : [node]) {
    const name = stringOf(item)
    if (name === undefined) {
      reportType(place, `'context' of ${place.what}`, item, 'String')
      continue
    }
    if (names.has(name))
      place.report.warn('duplicate-name', item.span, `Context '${name}' is named twice for ${place.what}`, {
        chain: place.chain,
      })
    if (name !== '') names.add(name)
  }
  return [...names]
}
