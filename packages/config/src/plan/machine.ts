import type { MachineExecutorPlan } from '@rondo/model'
import type { Node } from '../tree/node.ts'
import { typeName } from '../tree/node.ts'
import { readFields } from './fields.ts'
import type { Place } from './place.ts'
import { optional } from './steps/step-reader.ts'

/** `machine`: true, the name of an image, or a map (semantics 13.2). */
export function readMachine(place: Place, node: Node): MachineExecutorPlan | undefined {
  if (node.kind === 'scalar' && (node.value === true || node.value === null))
    return { type: 'machine', dockerLayerCaching: false }
  if (node.kind === 'scalar' && typeof node.value === 'string')
    return { type: 'machine', image: node.value, dockerLayerCaching: false }
  if (node.kind !== 'map') {
    place.report.error(
      'expected-type',
      node.span,
      `'machine' of ${place.what} must be true, an image or a map, found ${typeName(node)}`,
      { chain: place.chain },
    )
    return undefined
  }
  const fields = readFields({ ...place, what: `'machine' of ${place.what}` }, node)
  fields.only(['image', 'docker_layer_caching', 'enabled', 'resource_class', 'shell'], 'warn')
  fields.flag('enabled')
  return {
    type: 'machine',
    ...optional('image', fields.text('image')),
    dockerLayerCaching: fields.flag('docker_layer_caching') ?? false,
  }
}
