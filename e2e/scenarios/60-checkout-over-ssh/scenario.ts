import { imagePresent } from '@rondo/testkit'
import type { ScenarioSteps } from '../../scenario/load.ts'

export const scenario: ScenarioSteps = {
  able: () => imagePresent('rondo-test/debian'),
  async prepare({ stack, project }) {
    await stack.api('POST', `/api/v2/project/gh/${project}/checkout-key`, { type: 'deploy-key' })
    return {}
  },
}
