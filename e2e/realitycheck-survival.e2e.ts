import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRealitycheck, pushRealitycheck, realitycheckIsHere } from './scenario/realitycheck.ts'

/** Workflows whose own commands do not speak to the server that is being killed. */
const workflows = { feature_jobs: 6, other_jobs: 1 }
const kills = 10
const ended = ['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run']

/** What a run printed, by job and step; and how each ended. */
type Run = ReadonlyMap<string, string>

test.runIf(!realitycheckIsHere)(
  'realitycheck under kills is left out: it, a Docker engine or its images are not here',
  () => {
    expect(realitycheckIsHere).toBe(false)
  },
)

describe.runIf(realitycheckIsHere)('in the middle of realitycheck', () => {
  let stack: Stack
  /** Of an undisturbed run. */
  let expected: Run

  async function ending(pipeline: { readonly id: string }): Promise<Run> {
    const run = new Map<string, string>()
    for (const [name, count] of Object.entries(workflows)) {
      const jobs = await stack.jobs(await stack.waitForWorkflow(pipeline.id, name, ended, 120_000))
      expect(jobs).toHaveLength(count)
      for (const job of jobs) {
        run.set(job.name, job.status)
        for (const [index, step] of (await stack.steps(job.id)).entries())
          run.set(`${job.name} ${index} ${step.name}`, withoutSizes(await stack.output(step.id)))
      }
    }
    return run
  }

  beforeAll(async () => {
    stack = await startStack()
    await createRealitycheck(stack)
    await ending(await pushRealitycheck(stack, 'fills caches'))
    const [first, second] = [
      await ending(await pushRealitycheck(stack, 'as it is')),
      await ending(await pushRealitycheck(stack, 'once more')),
    ]
    // Times, numbers and ids differ from run to run: what two quiet runs print alike, disturbed ones must print too.
    expected = new Map([...first].filter(([step, output]) => second.get(step) === output))
    expect(new Set(first.keys())).toEqual(new Set(second.keys()))
    expect([...expected.keys()].filter((step) => step.includes(' ')).length).toBeGreaterThan(first.size / 3)
  }, 300_000)

  afterAll(async () => {
    await stack?.stop()
  })

  test.each(['server', 'agent', 'postgres'] as const)(
    `the %s is killed ${kills} times: the same jobs end the same, with the same output [L-018]`,
    async (part) => {
      for (let killed = 0; killed < kills; ) {
        const pipeline = await pushRealitycheck(stack, `${part} ${killed}`)
        for (let round = 0; round < 4 && killed < kills; round++, killed++) {
          await sleep(600 + 170 * killed)
          await stack.waitFor(`the ${part} to be there`, async () => {
            stack.kill(part)
            return true
          })
          if (part === 'server') await stack.startServer()
          await stack.waitFor('the server to answer again', () => stack.workflows(pipeline.id))
        }
        const run = await ending(pipeline)
        expect(Object.fromEntries([...run].filter(([step]) => expected.has(step))), printedByFailed(run)).toEqual(
          Object.fromEntries(expected),
        )
      }
    },
  )
})

/** How well an archive compresses depends on the times of its files. */
function withoutSizes(output: Buffer): string {
  return output.toString().replace(/\d+ bytes/g, 'some bytes')
}

/** For the message: what jobs that failed printed. */
function printedByFailed(run: Run): string {
  const failed = [...run].filter(([, end]) => end === 'failed').map(([job]) => job)
  const lines = [...run].filter(([step]) => failed.some((job) => step.startsWith(`${job} `)))
  return lines.map(([step, output]) => `${step}:\n${output}`).join('\n')
}
