import type { ScenarioSteps } from '../../scenario/load.ts'
import { workflowsOf } from '../../scenario/workflows.ts'

interface Times {
  readonly name: string
  readonly started_at: string
  readonly stopped_at: string
}

export const scenario: ScenarioSteps = {
  async check({ stack }, [pipelineId = '']) {
    const workflows = await workflowsOf(stack, pipelineId)
    const pages = await Promise.all(
      workflows.map(({ id }) => stack.api<{ items: Times[] }>('GET', `/api/v2/workflow/${id}/job`)),
    )
    const deploys = pages
      .flatMap((page) => page.items)
      .filter((job) => /^deploy (one|two)$/.test(job.name))
      .toSorted((a, b) => a.started_at.localeCompare(b.started_at))
    const [first, second] = deploys
    if (deploys.length !== 2 || first === undefined || second === undefined)
      return [`there were ${deploys.length} deploys`]
    return second.started_at < first.stopped_at ? [`${second.name} began before ${first.name} had ended`] : []
  },
}
