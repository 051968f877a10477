import type { ScenarioSteps } from '../../scenario/load.ts'

const config = (word: string) => `version: 2.1
jobs:
  deploy:
    docker: [{image: 'cimg/base:2025.05-20.04'}]
    resource_class: small
    steps: [checkout, {run: {name: what, command: 'echo "${word} $(cat word.txt) $(git rev-parse HEAD)"'}}]
workflows: {main: {jobs: [hold: {type: approval}, deploy: {requires: [hold]}]}}
`

export const scenario: ScenarioSteps = {
  async check({ stack, project }) {
    const push = async (word: string, branch?: string) => {
      stack.push(project, { '.circleci/config.yml': config(word), 'word.txt': word }, word, branch)
      const { id, vcs } = (await stack.latestPipeline(project)) as unknown as { id: string; vcs: { revision: string } }
      const [workflow] = await stack.workflows(id)
      return { id, workflow: workflow!.id, revision: vcs.revision }
    }
    const hold = (workflow: string) =>
      stack.waitFor('the job to wait', async () =>
        (await stack.jobs(workflow)).find((job) => job.name === 'hold' && job.status === 'on_hold'),
      )
    const reviewed = await push('reviewed')
    const waiting = await hold(reviewed.workflow)
    const planted = await push('planted')

    await stack.api('POST', `/api/v2/workflow/${reviewed.workflow}/approve/${waiting.id}`)

    await stack.waitForWorkflow(reviewed.id, 'main', ['success', 'failed'])
    const deploy = (await stack.jobs(reviewed.workflow)).find((job) => job.name === 'deploy')!
    const step = (await stack.steps(deploy.id)).find(({ name }) => name === 'what')
    const printed = step === undefined ? 'no step' : (await stack.output(step.id)).toString()
    const found: string[] = []
    if (printed !== `reviewed reviewed ${reviewed.revision}\n`)
      found.push(`what ran is not what was approved: ${printed}`)
    const others = (await stack.jobs(planted.workflow)).map(({ name, status }) => `${name} ${status}`).sort()
    if (others.join() !== 'deploy blocked,hold on_hold') found.push(`nobody approved ${others.join()}`)
    const borrowed = await stack.status('POST', `/api/v2/workflow/${planted.workflow}/approve/${waiting.id}`)
    if (borrowed < 400) found.push('an approval was taken for another workflow')
    return found
  },
}
