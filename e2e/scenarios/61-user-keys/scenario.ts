import type { ScenarioSteps } from '../../scenario/load.ts'

export const scenario: ScenarioSteps = {
  async prepare({ stack, organization, project }) {
    await stack.api('POST', `/api/v2/organization/gh%2F${organization}/project`, { name: 'lib' })
    stack.push(`${organization}/lib`, { 'library.txt': 'from the library\n' }, 'A library [skip ci]')
    await stack.api('POST', `/api/v2/project/gh/${project}/checkout-key`, { type: 'user-key' })
    return {}
  },
}
