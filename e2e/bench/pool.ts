import { spawnSync } from 'node:child_process'
import { type Stack, startStack } from '@rondo/testkit'
import { type Figure, median, ms, quantile } from './figure.ts'
import { containerStart } from './first-byte.ts'

const rounds = 15

/** From the start of a job, when its task is claimed, to the start of its first step, in a container that waited for it. */
export async function poolFigures(image: string): Promise<readonly Figure[]> {
  const stack = await startStack({ env: { RONDO_WARM_CONTAINERS: '1' } })
  try {
    await stack.createProject('bench', 'app')
    const cold = await claimToFirstStep(stack, image)
    const ours: number[] = []
    const floor: number[] = []
    for (let round = 0; round < rounds; round++) {
      await stack.waitFor('a container to wait', async () => (waits(stack) ? true : undefined))
      floor.push(containerStart(image))
      ours.push(await claimToFirstStep(stack, image))
    }
    return [
      {
        name: 'claim to first step, warm container',
        ours: `median ${ms(median(ours))}, p95 ${ms(quantile(ours, 0.95))} (cold, once: ${ms(cold)})`,
        floor: `${ms(median(floor))} (engine: create + start)`,
        aim: '≤ 60 ms',
      },
    ]
  } finally {
    await stack.stop()
  }
}

function waits(stack: Stack): boolean {
  const { stdout } = spawnSync(
    'docker',
    ['ps', '--filter', `label=rondo.agent=${stack.data}/agent`, '--format', '{{.Labels}}'],
    { encoding: 'utf8' },
  )
  return stdout.includes('rondo.attempt=warm-')
}

async function claimToFirstStep(stack: Stack, image: string): Promise<number> {
  stack.push('bench/app', {
    '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: '${image}'}], steps: [{run: {name: first, command: 'true'}}]}}\nworkflows: {main: {jobs: [it]}}\n`,
    round: String(Math.random()),
  })
  const workflow = await stack.waitForWorkflow((await stack.latestPipeline('bench/app')).id, 'main', ['success'])
  const [job] = await stack.jobs(workflow)
  const page = await stack.api<{
    job: { startedAt: string }
    slices: { steps: { name: string; startedAt: string }[] }[]
  }>('GET', `/api/private/jobs/${job!.id}`)
  const first = page.slices[0]!.steps.find((step) => step.name === 'first')
  return Date.parse(first!.startedAt) - Date.parse(page.job.startedAt)
}
