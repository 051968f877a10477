import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentView, JobUsageView } from '@rondo/protocol'
import { dockerAnswers, imagePresent, rondo, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)

/** As many jobs as asked for; each prints numbered lines for some seconds, so that none can be run twice unseen. */
const config = (jobs: number) => `version: 2.1
jobs:
  count:
    docker: [{image: '${image}'}]
    resource_class: small
    parameters: {n: {type: integer}}
    steps:
      - run: {name: count, command: 'for i in $(seq 1 40); do echo "<< parameters.n >>: $i"; sleep 0.1; done'}
workflows:
  main:
    jobs:
${Array.from({ length: jobs }, (_, n) => `      - count: {name: count-${n}, n: ${n}}`).join('\n')}
`
const printed = (n: number) => Array.from({ length: 40 }, (_, i) => `${n}: ${i + 1}\n`).join('')

test.runIf(!ready)('the life of an agent is left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('the life of an agent', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack()
    await stack.createProject('acme', 'web')
    // A server answers before its agent is there.
    await stack.waitFor('the agent', async () => ((await agent())?.state === 'ready' ? true : undefined))
  })

  afterAll(async () => {
    await stack?.stop()
  })

  const agentPid = () => Number(readFileSync(join(stack.data, 'agent/agent.pid'), 'utf8').split(/\s/)[0])
  const agentLog = () => readFileSync(join(stack.data, 'logs/agent.log'), 'utf8')
  const agent = async () => (await stack.api<{ agents: AgentView[] }>('GET', '/api/private/agents')).agents[0]
  const cli = (...args: string[]) =>
    rondo(args, { cwd: stack.data, env: { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token } })

  async function push(jobs: number): Promise<string> {
    stack.push('acme/web', { '.circleci/config.yml': config(jobs) })
    return (await stack.latestPipeline('acme/web')).id
  }

  const jobsOf = async (pipeline: string) => stack.jobs((await stack.workflows(pipeline))[0]!.id)

  async function running(pipeline: string, atLeast: number): Promise<void> {
    await stack.waitFor(`${atLeast} jobs to run`, async () => {
      const all = await jobsOf(pipeline)
      return all.filter((job) => job.status === 'running').length >= atLeast ? true : undefined
    })
  }

  async function expectWhole(pipeline: string, jobs: number): Promise<void> {
    await stack.waitForWorkflow(pipeline, 'main', ['success', 'failed', 'canceled'], 90_000)
    for (const job of await jobsOf(pipeline)) {
      expect(`${job.name} ${job.status}`).toBe(`${job.name} success`)
      const [step] = (await stack.steps(job.id)).filter(({ name }) => name === 'count')
      expect(String(await stack.output(step!.id))).toBe(printed(Number(job.name.slice(6))))
    }
    expect((await jobsOf(pipeline)).length).toBe(jobs)
  }

  test('an agent that is told to end finishes what runs, takes nothing new, and another takes what waited [R-34]', async () => {
    const first = await push(3)
    await running(first, 3)
    const before = agentPid()

    process.kill(before, 'SIGTERM')
    await stack.waitFor('the agent to say that it drains', async () =>
      agentLog().includes('draining since') ? true : undefined,
    )
    const second = await push(1)
    await expectWhole(first, 3)
    await expectWhole(second, 1)

    expect(agentPid()).not.toBe(before)
    expect(agentLog()).toMatch(/3 of \d+ tasks · 3 of 2 × \d+ CPUs · 6\.0 of [\d.]+ GB · draining since/)
  })

  test('an agent that is told twice ends at once; the next one goes on with its containers, and no byte is lost [R-09 R-34]', async () => {
    const pipeline = await push(2)
    await running(pipeline, 2)
    const before = agentPid()

    process.kill(before, 'SIGTERM')
    await stack.waitFor('the agent to drain', async () => ((await agent())?.state === 'draining' ? true : undefined))
    process.kill(before, 'SIGTERM')
    await stack.waitFor('another agent', async () => (agentPid() === before ? undefined : true))

    expect((await jobsOf(pipeline)).map((job) => job.status)).toEqual(['running', 'running'])
    await expectWhole(pipeline, 2)
  })

  test('an upgrade of server and agent together stops no job', async () => {
    const pipeline = await push(2)
    await running(pipeline, 2)
    const before = agentPid()

    await stack.restart()

    await stack.waitFor('another agent', async () => (agentPid() === before ? undefined : true))
    await expectWhole(pipeline, 2)
  })

  test('what a job uses of processors and memory is there by the time it ends, services included', async () => {
    const burn = `version: 2.1
jobs:
  burn:
    docker: [{image: '${image}'}, {image: '${image}', command: ['sh', '-c', 'head -c 120M /dev/zero | tail | sleep 60']}]
    resource_class: small
    steps:
      - run: {name: Burn, command: 'timeout 4 sh -c "while :; do :; done" || true'}
workflows: {main: {jobs: [burn]}}
`
    stack.push('acme/web', { '.circleci/config.yml': burn })
    const { id } = await stack.latestPipeline('acme/web')
    const [job] = await stack.jobs(await stack.waitForWorkflow(id, 'main', ['success', 'failed'], 90_000))

    const { slices } = await stack.api<JobUsageView>('GET', `/api/private/jobs/${job!.id}/usage`)

    expect(slices).toHaveLength(1)
    expect(slices[0]).toMatchObject({ index: 0, intervalMs: 1_000, cpus: 1, memoryLimitBytes: 2 * 1024 ** 3 })
    expect(slices[0]!.cpuCores.length).toBeGreaterThanOrEqual(3)
    // However busy the machine is with others, a loop gets some of it.
    expect(Math.max(...slices[0]!.cpuCores)).toBeGreaterThan(0)
    expect(Math.max(...slices[0]!.memoryBytes)).toBeGreaterThan(120 * 1024 ** 2)
  })

  test('an administrator drains an agent and lets it go on; meanwhile a waiting job says why it waits', async () => {
    const drained = await cli('agent', 'drain', 'local')
    const pipeline = await push(1)
    const [job] = await jobsOf(pipeline)
    const wait = await stack.api<{ text: string }>('GET', `/api/private/jobs/${job!.id}/wait`)
    const shown = await cli('agent', 'list')

    expect(drained).toMatchObject({ code: 0, err: '' })
    expect(wait.text).toContain('local: An administrator drains it.')
    // Below, if the engine has known holes, they are told.
    expect(shown.out).toMatch(
      /^local {2}drained {2}0 of \d+ tasks, draining since \d\d:\d\d UTC\n( {2}warning: .*\n)*$/,
    )

    const resumed = await cli('agent', 'resume', 'local')
    expect(resumed.out).toMatch(/^local {2}ready/)
    await expectWhole(pipeline, 1)
    expect((await cli('agent', 'drain', 'nobody')).err).toBe(
      'rondo agent drain: There is no agent nobody. There is: local.\n',
    )
  })
})
