import type { Stack } from '@rondo/testkit'
import { answerDifferences } from './answers.ts'
import { holds, type JobExpectation, type Run, type WorkflowExpectation } from './expectation.ts'
import type { ScenarioPlace } from './load.ts'
import { workflowsOf } from './workflows.ts'

interface JobPage {
  readonly job: { readonly message: string | null }
  readonly slices: readonly { readonly steps: readonly StepPart[] }[]
  readonly artifacts: readonly { readonly path: string; readonly url: string }[]
  readonly tests: readonly { readonly name: string; readonly classname: string; readonly result: string }[]
}

interface StepPart {
  readonly id: string
  readonly name: string
  readonly result: string | null
}

/** Everything about a run that differs from what was expected, as sentences; empty when all is as it should be. */
export async function differences(place: ScenarioPlace, pipelineId: string, run: Run): Promise<readonly string[]> {
  const { stack } = place
  const found: string[] = []
  const pipeline = await stack.api<{ state: string; errors: readonly { message: string }[] }>(
    'GET',
    `/api/v2/pipeline/${pipelineId}`,
  )
  const errors = pipeline.errors.map((error) => error.message).join('\n')
  const state = run.state ?? 'created'
  if (pipeline.state !== state) found.push(`the pipeline is ${pipeline.state}, not ${state}: ${errors}`)
  if (run.error !== undefined && !holds(errors, run.error))
    found.push(`the pipeline's errors lack ${run.error}: ${errors}`)
  const workflows = await workflowsOf(stack, pipelineId)
  sameNames('workflows', workflows, Object.keys(run.workflows ?? {}), found)
  for (const workflow of workflows) {
    const expected = run.workflows?.[workflow.name]
    if (expected === undefined) continue
    if (workflow.status !== expected.status)
      found.push(`workflow ${workflow.name} is ${workflow.status}, not ${expected.status}`)
    await compareJobs(stack, workflow.id, expected, found)
  }
  found.push(...(await answerDifferences(place, pipelineId, run.answers ?? [])))
  return found
}

async function compareJobs(
  stack: Stack,
  workflowId: string,
  expected: WorkflowExpectation,
  found: string[],
): Promise<void> {
  const jobs = await stack.jobs(workflowId)
  sameNames('jobs', jobs, Object.keys(expected.jobs), found)
  for (const job of jobs) {
    const wanted = expected.jobs[job.name]
    if (wanted === undefined) continue
    const wish: JobExpectation = typeof wanted === 'string' ? { status: wanted } : wanted
    const own: string[] = []
    if (job.status !== wish.status) own.push(`is ${job.status}, not ${wish.status}`)
    if (job.job_number !== undefined) own.push(...(await compareJob(stack, job.id, wish)))
    found.push(...own.map((difference) => `job ${job.name} ${difference}`))
    if (own.length > 0 && job.job_number !== undefined) found.push(await transcript(stack, job.id))
  }
}

async function compareJob(stack: Stack, jobId: string, wish: JobExpectation): Promise<readonly string[]> {
  const found: string[] = []
  const page = await stack.api<JobPage>('GET', `/api/private/jobs/${jobId}`)
  const steps = page.slices.flatMap((slice) => slice.steps)
  const outputOf = async (name: string) =>
    (await Promise.all(steps.filter((step) => step.name === name).map((step) => stack.output(step.id)))).join('')
  for (const [name, result] of Object.entries(wish.steps ?? {})) {
    const results = steps.filter((step) => step.name === name).map((step) => step.result)
    if (results.length === 0 || results.some((seen) => seen !== result))
      found.push(`step "${name}" ended as ${results.join(', ') || 'nothing'}, not ${result}`)
  }
  for (const name of wish.skipped ?? [])
    if (steps.some((step) => step.name === name)) found.push(`step "${name}" ran, and should not have`)
  for (const [name, texts] of Object.entries(wish.output ?? {})) {
    const output = await outputOf(name)
    for (const text of texts) if (!holds(output, text)) found.push(`step "${name}" did not print ${text}`)
  }
  for (const [name, texts] of Object.entries(wish.hidden ?? {})) {
    const output = await outputOf(name)
    for (const text of texts) if (holds(output, text)) found.push(`step "${name}" printed ${text}`)
  }
  if (wish.message !== undefined && !holds(page.job.message ?? '', wish.message))
    found.push(`says "${page.job.message}", not ${wish.message}`)
  if (wish.tests !== undefined) {
    const tests = page.tests.map((test) => `${test.classname} ${test.name}: ${test.result}`).sort()
    if (tests.join('\n') !== [...wish.tests].sort().join('\n')) found.push(`has the test results ${tests.join('; ')}`)
  }
  if (wish.artifacts !== undefined) found.push(...(await compareArtifacts(stack, page, wish.artifacts)))
  return found
}

async function compareArtifacts(
  stack: Stack,
  page: JobPage,
  wish: NonNullable<JobExpectation['artifacts']>,
): Promise<readonly string[]> {
  const paths = page.artifacts.map((artifact) => artifact.path).sort()
  if (paths.join('\n') !== Object.keys(wish).sort().join('\n')) return [`has the artifacts ${paths.join(', ')}`]
  const found: string[] = []
  for (const artifact of page.artifacts) {
    const response = await fetch(`${stack.url}${artifact.url}`, { headers: { 'circle-token': stack.admin.token } })
    const text = wish[artifact.path] ?? ''
    if (!holds(await response.text(), text)) found.push(`artifact ${artifact.path} lacks ${text}`)
  }
  return found
}

/** Everything a job printed, and what is said of its end, for whoever reads why a scenario failed. */
async function transcript(stack: Stack, jobId: string): Promise<string> {
  const parts = (await stack.steps(jobId)).map(
    async (step) => `── ${step.name} (${step.result})\n${(await stack.output(step.id)).toString().slice(-3_000)}`,
  )
  const { message } = (await stack.api<JobPage>('GET', `/api/private/jobs/${jobId}`)).job
  return [...(await Promise.all(parts)), ...(message === null ? [] : [`The job: ${message}`])].join('\n')
}

function sameNames(
  what: string,
  seen: readonly { readonly name: string }[],
  wanted: readonly string[],
  found: string[],
): void {
  const names = seen
    .map((item) => item.name)
    .sort()
    .join(', ')
  if (names !== [...wanted].sort().join(', '))
    found.push(`the ${what} are ${names || 'none'}, not ${wanted.join(', ') || 'none'}`)
}
