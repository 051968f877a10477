import { type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRealitycheck, pushRealitycheck, realitycheckIsHere } from './scenario/realitycheck.ts'

test.runIf(!realitycheckIsHere)(
  'the acceptance repository is left out: it, a Docker engine or its images are not here',
  () => {
    expect(realitycheckIsHere).toBe(false)
  },
)

describe.runIf(realitycheckIsHere)('realitycheck, unmodified', () => {
  let stack: Stack
  let project: string
  let pipeline: { readonly id: string }

  beforeAll(async () => {
    stack = await startStack()
    project = await createRealitycheck(stack)
    pipeline = await pushRealitycheck(stack)
  })

  afterAll(async () => {
    await stack?.stop()
  })

  test.each(['docker_resource_class_jobs', 'feature_jobs', 'other_jobs'])('%s succeeds', async (name) => {
    const id = await stack.waitForWorkflow(
      pipeline.id,
      name,
      ['success', 'failed', 'canceled', 'unauthorized', 'error', 'not_run'],
      240_000,
    )

    const jobs = await stack.jobs(id)
    expect(jobs.map((job) => `${job.name} ${job.status}`)).toEqual(jobs.map((job) => `${job.name} success`))
    expect(jobs).toHaveLength({ docker_resource_class_jobs: 5, feature_jobs: 6, other_jobs: 1 }[name] ?? 0)
  })

  test.each(['aws_jobs', 'gcp_jobs', 'windows_resource_class_jobs'])(
    '%s cancels itself from inside its own job',
    async (name) => {
      const id = await stack.waitForWorkflow(pipeline.id, name, ['success', 'failed', 'canceled'], 240_000)

      const statuses = (await stack.workflows(pipeline.id)).find((workflow) => workflow.id === id)
      expect(statuses?.status).toBe('canceled')
    },
  )

  test('artifacts, test results and masked secrets can be read afterwards [I-017 I-018 I-046]', async () => {
    const feature = (await stack.workflows(pipeline.id)).find((workflow) => workflow.name === 'feature_jobs')
    const jobs = await stack.jobs(feature?.id ?? '')
    const job = jobs.find((candidate) => candidate.name === 'artifacts_test_results')

    const artifacts = await stack.api<{ items: { path: string; url: string }[] }>(
      'GET',
      `/api/v2/project/gh/${project}/${job?.job_number}/artifacts`,
    )
    const tests = await stack.api<{ items: unknown[] }>('GET', `/api/v2/project/gh/${project}/${job?.job_number}/tests`)
    const contexts = await stack.steps(jobs.find((candidate) => candidate.name === 'contexts')?.id ?? '')
    const printed = await stack.output(contexts.find((step) => step.name.startsWith('env | grep'))?.id ?? '')

    expect(artifacts.items.map((artifact) => artifact.path).sort()).toEqual([
      'artifact-file.txt',
      'tmp/artifacts/artifact-2.txt',
    ])
    expect(tests.items.length).toBeGreaterThan(0)
    expect(printed.toString()).toContain('CONTEXT_END_TO_END_TEST_VAR=')
  })
})
