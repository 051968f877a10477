import type { MacosExecutorPlan } from '@rondo/model'
import type { Node } from '../tree/node.ts'
import { typeName } from '../tree/node.ts'
import { readFields } from './fields.ts'
import type { Place } from './place.ts'

/** `macos`: needs `xcode`, kept as written (`14.10` is not `14.1`). */
export function readMacos(place: Place, node: Node): MacosExecutorPlan | undefined {
  if (node.kind !== 'map') {
    place.report.error(
      'expected-type',
      node.span,
      `'macos' of ${place.what} must be a map with 'xcode', found ${typeName(node)}`,
      { chain: place.chain },
    )
    return undefined
  }
  const fields = readFields({ ...place, what: `'macos' of ${place.what}` }, node)
  fields.only(['xcode', 'code_signing', 'resource_class', 'shell'], 'warn')
  const xcode = fields.textOrNumber('xcode', 'required')
  return xcode === undefined ? undefined : { type: 'macos', xcode }
}
