import type { ScenarioSteps } from '../../scenario/load.ts'

export const scenario: ScenarioSteps = {
  async prepare({ stack, project }) {
    await stack.api('POST', `/api/v2/project/gh/${project}/checkout-key`, { type: 'deploy-key' })
    await stack.api('PATCH', `/api/v2/project/gh/${project}/settings`, { advanced: { build_fork_prs: true } })
    return {}
  },
  async check({ stack, project }) {
    await stack.api('PATCH', `/api/v2/project/gh/${project}/settings`, { advanced: { build_fork_prs: false } })
    const said = stack.push(project, { 'more.txt': 'more' }, 'a change', 'pull/8')
    return said.includes('pull/8 is a pull request from a fork')
      ? []
      : [`the push was not told why it makes no pipeline: ${said}`]
  },
}
