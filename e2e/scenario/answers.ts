import { type Answer, holds } from './expectation.ts'
import type { ScenarioPlace } from './load.ts'
import { workflowsOf } from './workflows.ts'

/** Asks the API what a scenario asks, and answers where it is told something else. */
export async function answerDifferences(
  place: ScenarioPlace,
  pipelineId: string,
  answers: readonly Answer[],
): Promise<readonly string[]> {
  const found: string[] = []
  for (const answer of answers) {
    const path = await fill(place, pipelineId, answer.get)
    const seen = await place.stack.api<unknown>('GET', path)
    const trouble = lacks(seen, answer.holds, '')
    if (trouble !== undefined) found.push(`GET ${path}: ${trouble} in ${JSON.stringify(seen)}`)
  }
  return found
}

async function fill(place: ScenarioPlace, pipelineId: string, template: string): Promise<string> {
  const workflows = await workflowsOf(place.stack, pipelineId)
  const jobs = (await Promise.all(workflows.map((workflow) => place.stack.jobs(workflow.id)))).flat()
  return template.replace(/\{(\w+)(?: ([^}]+))?\}/g, (whole, kind, name) => {
    if (kind === 'project') return `gh/${place.project}`
    if (kind === 'pipeline') return pipelineId
    if (kind === 'workflow') return workflows.find((workflow) => workflow.name === name)?.id ?? whole
    return String(jobs.find((job) => job.name === name)?.job_number ?? whole)
  })
}

/** Where `wanted` is not in `seen`; undefined when all of it is. */
function lacks(seen: unknown, wanted: unknown, at: string): string | undefined {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(seen)) return `${at || 'the answer'} is no list`
    for (const item of wanted)
      if (seen.every((candidate) => lacks(candidate, item, '') !== undefined))
        return `${at || 'the answer'} lacks ${JSON.stringify(item)}`
    return undefined
  }
  if (wanted !== null && typeof wanted === 'object') {
    if (seen === null || typeof seen !== 'object') return `${at || 'the answer'} is no object`
    for (const [key, value] of Object.entries(wanted)) {
      const trouble = lacks((seen as Record<string, unknown>)[key], value, `${at}/${key}`)
      if (trouble !== undefined) return trouble
    }
    return undefined
  }
  const same = typeof wanted === 'string' && typeof seen === 'string' ? holds(seen, wanted) : seen === wanted
  return same ? undefined : `${at} is ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`
}
