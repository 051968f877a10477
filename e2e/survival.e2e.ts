import { setTimeout as sleep } from 'node:timers/promises'
import { dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countingConfig, countingImage, isCountOf, threeJobs } from './chaos/counted-jobs.ts'

const ready = dockerAnswers() && imagePresent(countingImage)
const kills = 10
const lines = 400

const config = countingConfig(threeJobs, lines)

test.runIf(!ready)('survival under kills is left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready).concurrent.each(['server', 'agent', 'postgres'] as const)(
  `the %s is killed ${kills} times`,
  (part) => {
    let stack: Stack

    beforeAll(async () => {
      stack = await startStack()
      await stack.createProject('acme', 'count')
    })

    afterAll(async () => {
      await stack?.stop()
    })

    test('every job ends once and no byte of output is missing or doubled [L-018 L-051 L-057 L-058 L-059 L-087 L-088 I-048 I-082]', async () => {
      for (let round = 0; round < kills; round++) {
        stack.push('acme/count', { '.circleci/config.yml': config, 'round.txt': String(round) })
        const pipeline = await stack.latestPipeline('acme/count')
        await stack.waitFor('a job to run', async () =>
          (await stack.jobs((await stack.workflows(pipeline.id))[0]!.id)).find((job) => job.status === 'running'),
        )
        // Another moment of the run each time.
        await sleep(round * 230)

        stack.kill(part)
        if (part === 'server') await stack.startServer()

        const workflow = await stack.waitForWorkflow(
          pipeline.id,
          'main',
          ['success', 'failed', 'error', 'canceled'],
          90_000,
        )
        const jobs = await stack.jobs(workflow)
        expect(jobs.map((job) => `${job.name} ${job.status}`)).toEqual([
          'count-1 success',
          'count-2 success',
          'after success',
        ])
        for (const [index, job] of jobs.entries()) {
          const steps = (await stack.steps(job.id)).filter((step) => step.name === 'count')
          expect(steps).toHaveLength(1)
          const whole = isCountOf(index + 1, lines, await stack.output(steps[0]!.id))
          expect(whole, `output of ${job.name} in round ${round} is whole`).toBe(true)
        }
      }
    }, 900_000)
  },
)
