import type { Stack } from '@rondo/testkit'
import { type Action, holds, type Run, runsOf } from './expectation.ts'
import type { Scenario, ScenarioPlace } from './load.ts'
import { differences } from './observe.ts'
import { createRepository, type Repository } from './repository.ts'
import { type NamedWorkflow, workflowsOf } from './workflows.ts'

const endedStatuses = ['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run']
const waitMs = 240_000

/** Plays a scenario from its first push to its last look; answers everything that differs from what it expects. */
export async function play(stack: Stack, scenario: Scenario): Promise<readonly string[]> {
  const place = await makePlace(stack, scenario)
  const repository = await createRepository(
    `${stack.url.replace('://', `://admin:${stack.admin.token}@`)}/git/${place.project}.git`,
  )
  const found: string[] = []
  const pipelineIds: string[] = []
  try {
    const more = (await scenario.steps.prepare?.(place)) ?? {}
    let files: Readonly<Record<string, string | Buffer>> = { ...scenario.files, ...more }
    for (const run of runsOf(scenario.expectation)) {
      const pipelineId = await begin(place, repository, { ...files, ...run.change }, run, pipelineIds.length)
      files = {}
      if (run.state === 'none') {
        if (pipelineId !== undefined) found.push(`the push made pipeline ${pipelineId}, and should make none`)
        continue
      }
      if (pipelineId === undefined) return [...found, 'the push made no pipeline']
      pipelineIds.push(pipelineId)
      // A wait that was in vain is told together with everything the jobs printed until then.
      const late = await follow(stack, pipelineId, run).catch((error: Error) => error)
      found.push(...(late === undefined ? [] : [late.message]), ...(await differences(place, pipelineId, run)))
      if (late !== undefined) return found
    }
    found.push(...((await scenario.steps.check?.(place, pipelineIds)) ?? []))
    return found
  } finally {
    await repository.remove()
    await scenario.steps.cleanUp?.()
  }
}

/** An organisation each, so that contexts and caches do not meet. */
async function makePlace(stack: Stack, { name, expectation }: Scenario): Promise<ScenarioPlace> {
  const organization = `org-${name}`
  await stack.createProject(organization, 'app')
  for (const [variable, value] of Object.entries(expectation.variables ?? {}))
    await stack.api('POST', `/api/v2/project/gh/${organization}/app/envvar`, { name: variable, value })
  for (const [context, variables] of Object.entries(expectation.contexts ?? {})) {
    const owner = { slug: `gh/${organization}`, type: 'organization' }
    const { id } = await stack.api<{ id: string }>('POST', '/api/v2/context', { name: context, owner })
    for (const [variable, value] of Object.entries(variables))
      await stack.api('PUT', `/api/v2/context/${id}/environment-variable/${variable}`, { value })
  }
  return { stack, organization, project: `${organization}/app` }
}

/** Makes the run's pipeline as its user would; answers its id, or nothing when there is no new one. */
async function begin(
  { stack, project }: ScenarioPlace,
  repository: Repository,
  files: Readonly<Record<string, string | Buffer>>,
  run: Run,
  already: number,
): Promise<string | undefined> {
  const message = run.commit ?? (run.parameters === undefined ? 'A change' : 'A change [skip ci]')
  const branch = run.branch ?? 'main'
  if (Object.keys(files).length > 0 || run.tag === undefined)
    await repository.pushBranch(branch, files, run.tag === undefined ? message : `${message} [skip ci]`, run.say)
  if (run.tag !== undefined) await repository.pushTag(run.tag)
  if (run.parameters !== undefined) {
    const body = { branch, parameters: run.parameters }
    return (await stack.api<{ id: string }>('POST', `/api/v2/project/gh/${project}/pipeline`, body)).id
  }
  const { items } = await stack.api<{ items: { id: string }[] }>('GET', `/api/v2/project/gh/${project}/pipeline`)
  return items.length > already ? items[0]?.id : undefined
}

async function act(stack: Stack, pipelineId: string, action: Action): Promise<void> {
  if ('approve' in action) {
    const { workflow, job } = await waitForJob(stack, pipelineId, action.in, action.approve, ['on_hold'])
    await stack.api('POST', `/api/v2/workflow/${workflow.id}/approve/${job.id}`)
    return
  }
  if ('cancel' in action) {
    const { job, prints } = action.once
    const printing = await waitForJob(stack, pipelineId, action.in, job, ['running'])
    await stack.waitFor(
      `job ${job} to print ${prints}`,
      async () => {
        for (const step of await stack.steps(printing.job.id))
          if (holds((await stack.output(step.id)).toString(), prints)) return true
        return undefined
      },
      waitMs,
    )
    if (action.cancel === action.in) await stack.api('POST', `/api/v2/workflow/${printing.workflow.id}/cancel`)
    else {
      const jobs = await stack.jobs(printing.workflow.id)
      await stack.api('POST', `/api/v2/jobs/${jobs.find((candidate) => candidate.name === action.cancel)?.id}/cancel`)
    }
    return
  }
  const ended = await waitForWorkflow(stack, pipelineId, action.in)
  await stack.api('POST', `/api/v2/workflow/${ended.id}/rerun`, { from_failed: action.rerun === 'failed' })
}

async function follow(stack: Stack, pipelineId: string, run: Run): Promise<undefined> {
  // An errored pipeline runs nothing that could be waited for.
  if ((await stack.api<{ state: string }>('GET', `/api/v2/pipeline/${pipelineId}`)).state === 'errored') return
  for (const action of run.do ?? []) await act(stack, pipelineId, action)
  for (const name of Object.keys(run.workflows ?? {})) await waitForWorkflow(stack, pipelineId, name)
}

async function waitForWorkflow(stack: Stack, pipelineId: string, name: string): Promise<NamedWorkflow> {
  return stack.waitFor(
    `workflow ${name} to end`,
    async () =>
      (await workflowsOf(stack, pipelineId)).find(
        (workflow) => workflow.name === name && endedStatuses.includes(workflow.status),
      ),
    waitMs,
  )
}

async function waitForJob(
  stack: Stack,
  pipelineId: string,
  workflowName: string,
  jobName: string,
  statuses: readonly string[],
) {
  return stack.waitFor(
    `job ${jobName} to be ${statuses.join(' or ')}`,
    async () => {
      const workflow = (await workflowsOf(stack, pipelineId)).find((candidate) => candidate.name === workflowName)
      const job = workflow && (await stack.jobs(workflow.id)).find((candidate) => candidate.name === jobName)
      return workflow && job && statuses.includes(job.status) ? { workflow, job } : undefined
    },
    waitMs,
  )
}
