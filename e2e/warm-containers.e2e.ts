import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)

test.runIf(!ready)('containers started ahead are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

const config = `version: 2.1
jobs:
  it:
    docker: [{image: '${image}', environment: {OF_THE_IMAGE: from the image}}]
    resource_class: small
    environment: {OF_THE_JOB: from the job}
    steps:
      - run:
          name: look
          command: |
            echo "$OF_THE_IMAGE, $OF_THE_JOB, $(printf %s "$OF_THE_PROJECT" | wc -c), $(id -un), $PWD"
            cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null || true
            [ -e /tmp/marker ] && echo used before; touch /tmp/marker
workflows: {main: {jobs: [it]}}
`

describe.runIf(ready)('with containers started ahead', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack({ env: { RONDO_WARM_CONTAINERS: '1' } })
    await stack.createProject('acme', 'app')
    await stack.api('POST', '/api/v2/project/gh/acme/app/envvar', { name: 'OF_THE_PROJECT', value: 'a-secret-value' })
  })

  afterAll(() => stack?.stop())

  function containers(): readonly string[] {
    const listed = spawnSync('docker', ['ps', '-q', '--no-trunc', '--filter', `label=rondo.agent=${stack.data}/agent`])
    return listed.stdout.toString().split('\n').filter(Boolean)
  }

  async function waitingContainer(): Promise<string> {
    return stack.waitFor('a container to wait', async () => {
      const [id] = containers()
      const [label] = id === undefined ? [] : (/warm-[0-9a-f-]+/.exec(inspect(id, '{{json .Config.Labels}}')) ?? [])
      // It is there before its supervisor is, without which it is given to no job.
      return label !== undefined && existsSync(join(stack.data, 'agent/warm', label, 'io/ready')) ? id : undefined
    })
  }

  function inspect(id: string, format: string): string {
    return spawnSync('docker', ['inspect', '-f', format, id], { encoding: 'utf8' }).stdout.trim()
  }

  async function run() {
    stack.push('acme/app', { '.circleci/config.yml': config }, `run ${Math.random()}`)
    const pipeline = await stack.latestPipeline('acme/app')
    const workflow = await stack.waitForWorkflow(pipeline.id, 'main', ['success', 'failed'], 120_000)
    const [job] = await stack.jobs(workflow)
    const steps = await stack.steps(job!.id)
    const output = async (name: string) =>
      (await stack.output(steps.find((step) => step.name === name)?.id ?? '')).toString()
    return { status: job!.status, made: await output('Spin up environment'), look: await output('look') }
  }

  test('a job finds what it would find in one made for it, no other job has been there, and nothing of it was there before', async () => {
    const first = await run()
    const waiting = await waitingContainer()
    const environment = inspect(waiting, '{{json .Config.Env}}')
    const second = await run()
    await waitingContainer()
    const third = await run()

    expect(first.made).not.toContain('started ahead')
    for (const { status, made, look } of [second, third]) {
      expect([status, made.includes('Container started ahead'), look]).toEqual(['success', true, first.look])
    }
    expect(first.look).toMatch(/^from the image, from the job, 14, circleci, \/home\/circleci\/project\n2147483648\n$/)
    expect(environment).not.toMatch(/OF_THE|secret/)
    expect(inspect(waiting, '{{.Id}}')).toBe('')
  })

  test('those that wait go when the agent stops', async () => {
    await waitingContainer()

    await stack.stop()

    expect(containers()).toEqual([])
  })
})
