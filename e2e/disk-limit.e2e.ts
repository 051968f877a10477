import { dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'alpine:latest'
const ready = dockerAnswers() && imagePresent(image)

const config = `version: 2.1
jobs:
  modest:
    docker: [{image: '${image}'}]
    steps: [run: {name: write, command: 'dd if=/dev/zero of=/tmp/some bs=1M count=600 && echo fits'}]
  greedy:
    docker: [{image: '${image}'}]
    steps: [run: {name: write, command: 'dd if=/dev/zero of=/tmp/much bs=1M count=1200 && sleep 120 && echo went on'}]
workflows: {main: {jobs: [modest, greedy]}}
`

test.runIf(!ready)('disk limits are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('an agent that lets a container write 1 GB', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack({ env: { RONDO_JOB_DISK_GB: '1' } })
    await stack.createProject('acme', 'web')
  })

  afterAll(async () => {
    await stack?.stop()
  })

  test('stops a job that writes more, which is told why, unless its engine refuses the bytes by itself', async () => {
    stack.push('acme/web', { '.circleci/config.yml': config })
    const { id } = await stack.latestPipeline('acme/web')
    const workflow = await stack.waitForWorkflow(id, 'main', ['failed', 'success'], 110_000)

    const jobs = await stack.jobs(workflow)
    const [modest, greedy] = ['modest', 'greedy'].map((name) => jobs.find((job) => job.name === name)!)
    const { messages } = await stack.api<{ messages: { message: string }[] }>(
      'GET',
      `/api/v2/project/gh/acme/web/job/${greedy!.job_number}`,
    )
    const write = (await stack.steps(greedy!.id)).find(({ name }) => name === 'write')
    const printed = String(await stack.output(write!.id))

    expect([modest!.status, greedy!.status]).toEqual(['success', 'failed'])
    expect(printed).not.toContain('went on')
    if (!/No space left|quota exceeded/i.test(printed))
      expect(messages.map(({ message }) => message).join()).toMatch(
        /^A container of the job wrote 1\.\d GB to its disk, and its agent allows 1 GB \(RONDO_JOB_DISK_GB\)\./,
      )
  })
})
