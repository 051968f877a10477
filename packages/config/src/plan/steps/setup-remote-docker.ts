import type { StepReader } from './step-reader.ts'
import { nameOf, optional } from './step-reader.ts'

/** `setup_remote_docker`. */
export const readSetupRemoteDocker: StepReader = (fields, origin) => {
  fields.only(['version', 'docker_layer_caching', 'prefer_same_region', 'name', 'reusable', 'exclusive'], 'warn')
  return {
    type: 'setup_remote_docker',
    ...nameOf(fields),
    dockerLayerCaching: fields.flag('docker_layer_caching') ?? false,
    ...optional('version', fields.text('version')),
    origin,
  }
}
