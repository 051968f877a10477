import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = (executor: string, resourceClass: string) => `
version: 2.1
jobs: { it: { ${executor}, ${resourceClass === '' ? '' : `resource_class: ${resourceClass}, `}steps: [run: 'true'] } }
workflows: { main: { jobs: [it] } }
`
const docker = 'docker: [{ image: i }]'
const machine = 'machine: { image: ubuntu-2204:current }'

/** What a job of that class is given of a machine that is large enough, in CPUs and GB. */
async function given(executor: string, resourceClass: string): Promise<string> {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config(executor, resourceClass))
  expect(pipeline.errors).toEqual([])
  const machine = { cpus: 64, memoryMb: 512 * 1024 }
  const tasks = await engine.database.store.engine.claim({
    agentId: engine.agentId,
    executors: ['docker', 'machine'],
    machine,
    free: { ...machine, tasks: 1 },
    leaseMs: 60_000,
  })
  return tasks.map(({ cpus, memoryMb }) => `${cpus} ${memoryMb / 1024}`).join()
}

test.each([
  [docker, '', '2 4'],
  [docker, 'small', '1 2'],
  [docker, 'medium', '2 4'],
  [docker, 'medium+', '3 6'],
  [docker, 'large', '4 8'],
  [docker, 'xlarge', '8 16'],
  [docker, '2xlarge', '16 32'],
  [docker, '2xlarge+', '20 40'],
  [machine, 'medium', '2 7.5'],
  [machine, 'large', '4 15'],
  [machine, 'xlarge', '8 32'],
  [machine, '2xlarge', '16 64'],
])('a job with %s and the class "%s" is given %s [I-052]', async (executor, resourceClass, resources) => {
  expect(await given(executor, resourceClass)).toBe(resources)
})

test('a class that nobody knows ends its job with its name [I-052]', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config(docker, 'gigantic'))

  expect(await engine.job(pipeline, 'it')).toMatchObject({
    status: 'failed',
    message: expect.stringMatching(
      /^There is no resource class "gigantic" for the docker executor\. Use one of small, medium, medium\+, large, /,
    ),
  })
})
