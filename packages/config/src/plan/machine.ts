import type { MachineExecutorPlan } from '@rondo/model'
import type { Node } from '../tree/node.ts'
import { typeName } from '../tree/node.ts'
import { readFields } from './fields.ts'
import type { Place } from './place.ts'
import { optional } from './steps/step-reader.ts'

/** `machine`: true, the name of an image, or a map (semantics 13.2). */
export function readMachine(place: Place, node: Node): MachineExecutorPlan | undefined {
  if (node.kind === 'scalar' && node.value === true) return { type: 'machine', dockerLayerCaching: false }
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    // A pipeline value that is empty here may name an image elsewhere, so only the job itself can fail for it.
    if (node.value === '') warnOf(place, node, 'names no image')
    return { type: 'machine', image: node.value, dockerLayerCaching: false }
  }
  if (node.kind !== 'map') {
    place.report.error(
      'expected-type',
      node.span,
      `'machine' of ${place.what} must be true, an image or a map, found ${typeName(node)}`,
      { chain: place.chain },
    )
    return undefined
  }
  // The schema takes it, and there is no harm in it.
  if (node.entries.size === 0) warnOf(place, node, 'is an empty map, which says no more than true')
  const fields = readFields({ ...place, what: `'machine' of ${place.what}` }, node)
  fields.only(['image', 'docker_layer_caching', 'enabled', 'resource_class', 'shell'], 'warn')
  fields.flag('enabled')
  return {
    type: 'machine',
    ...optional('image', fields.text('image')),
    dockerLayerCaching: fields.flag('docker_layer_caching') ?? false,
  }
}

function warnOf(place: Place, node: Node, finding: string): void {
  place.report.warn('invalid-value', node.span, `'machine' of ${place.what} ${finding}`, {
    chain: place.chain,
    hint: "Write 'machine: {image: …}', or 'machine: true'",
  })
}
