import type { Stack } from '@rondo/testkit'

export interface TimedStep {
  readonly id: string
  readonly name: string
  readonly outputBytes: number
  readonly startedAt: string
  readonly finishedAt: string
  /** Milliseconds from its start to its end. */
  readonly took: number
}

export interface TimedJob {
  readonly name: string
  readonly startedAt: number
  readonly stoppedAt: number
  readonly steps: readonly TimedStep[]
}

/** Pushes a config to `bench/app`, waits until all of it passed, and answers its jobs with the times of their steps. */
export async function runConfig(stack: Stack, config: string, withinMs = 1_800_000): Promise<readonly TimedJob[]> {
  stack.push('bench/app', { '.circleci/config.yml': `version: 2.1\n${config}` })
  const { id } = await stack.latestPipeline('bench/app')
  const workflow = await stack.waitForWorkflow(id, 'main', ['success'], withinMs)
  return Promise.all((await stack.jobs(workflow)).map((job) => timedJob(stack, job.id)))
}

/** One job of these steps. */
export async function runSteps(stack: Stack, image: string, steps: readonly string[]): Promise<TimedJob> {
  const [job] = await runConfig(stack, jobOf('it', image, steps) + workflowOf(['it']))
  return job!
}

/** Steps written in flow style. */
export function jobOf(name: string, image: string, steps: readonly string[]): string {
  return `${name === 'it' ? 'jobs:\n' : ''}  ${name}: {docker: [{image: '${image}'}], steps: [${steps.join(', ')}]}\n`
}

export function workflowOf(jobs: readonly string[]): string {
  return `workflows: {main: {jobs: [${jobs.join(', ')}]}}\n`
}

async function timedJob(stack: Stack, jobId: string): Promise<TimedJob> {
  const page = await stack.api<{
    job: { name: string; startedAt: string; stoppedAt: string }
    slices: { steps: Omit<TimedStep, 'took'>[] }[]
  }>('GET', `/api/private/jobs/${jobId}`)
  return {
    name: page.job.name,
    startedAt: Date.parse(page.job.startedAt),
    stoppedAt: Date.parse(page.job.stoppedAt),
    steps: page.slices[0]!.steps.map((step) => ({
      ...step,
      took: Date.parse(step.finishedAt) - Date.parse(step.startedAt),
    })),
  }
}
