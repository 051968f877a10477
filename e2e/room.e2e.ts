import { type Stack, sandboxWorks, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ready = sandboxWorks()
/** What the agent may use; processors are offered twice over, memory once. */
const machine = { cpus: 1, memoryMb: 6144 }
const offered = { cpus: 2, memoryMb: 6144 }
const classes = {
  small: { cpus: 1, memoryMb: 2048 },
  medium: { cpus: 2, memoryMb: 4096 },
  large: { cpus: 4, memoryMb: 8192 },
}
const jobs: Readonly<Record<string, keyof typeof classes>> = {
  first: 'small',
  second: 'small',
  third: 'small',
  fourth: 'small',
  middle: 'medium',
  whole: 'large',
}
const config = `version: 2.1
jobs:
  it:
    docker: [{image: 'alpine:latest'}]
    resource_class: << parameters.size >>
    parameters: {size: {type: string}}
    steps: [run: 'sleep 2']
workflows:
  main:
    jobs: [${Object.entries(jobs)
      .map(([name, size]) => `{it: {name: ${name}, size: ${size}}}`)
      .join(', ')}]
`

interface Ran {
  readonly name: string
  readonly status: string
  readonly started_at: string
  readonly stopped_at: string
}

/** What a job counts for: one that is larger than the machine has all of it. */
function costOf({ name }: Ran): typeof machine {
  const { cpus, memoryMb } = classes[jobs[name]!]
  return { cpus: Math.min(cpus, machine.cpus), memoryMb: Math.min(memoryMb, machine.memoryMb) }
}

test.runIf(!ready)('the room of a machine is left out: a user may not make namespaces here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('an agent of which jobs of all sizes want a part', () => {
  let stack: Stack

  beforeAll(async () => {
    const env = { RONDO_AGENT_CPUS: String(machine.cpus), RONDO_AGENT_MEMORY_MB: String(machine.memoryMb) }
    stack = await startStack({ executor: 'sandbox', env })
    await stack.createProject('acme', 'web')
  })

  afterAll(async () => {
    await stack?.stop()
  })

  test('runs small ones beside each other, has large ones wait, and never gives more than it has', async () => {
    stack.push('acme/web', { '.circleci/config.yml': config })
    const { id } = await stack.latestPipeline('acme/web')
    const workflow = await stack.waitForWorkflow(id, 'main', ['success', 'failed'], 110_000)

    const ran = (await stack.jobs(workflow)) as unknown as readonly Ran[]
    const besides = ran.map((job) =>
      ran.filter((other) => other.started_at <= job.started_at && job.started_at < other.stopped_at),
    )
    const sums = besides.map((group) => ({
      cpus: group.reduce((sum, job) => sum + costOf(job).cpus, 0),
      memoryMb: group.reduce((sum, job) => sum + costOf(job).memoryMb, 0),
    }))

    expect(ran.map(({ status }) => status)).toEqual(ran.map(() => 'success'))
    for (const sum of sums) {
      expect(sum.cpus).toBeLessThanOrEqual(offered.cpus)
      expect(sum.memoryMb).toBeLessThanOrEqual(offered.memoryMb)
    }
    expect(Math.max(...besides.map((group) => group.length))).toBe(2)
    expect(besides[ran.findIndex(({ name }) => name === 'whole')]).toHaveLength(1)
  })
})
