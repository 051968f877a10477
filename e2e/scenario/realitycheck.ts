import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dockerAnswers, imagePresent, type Stack } from '@rondo/testkit'

const source = join(import.meta.dirname, '../../../shared/acceptance/realitycheck')
const project = 'acme/realitycheck'

/** Whether the acceptance repository, a Docker engine and its images are here. */
export const realitycheckIsHere = existsSync(source) && dockerAnswers() && imagePresent('cimg/base:2025.05-20.04')

/** The acceptance repository's project with the variables and contexts it asks for. Answers its slug without the host. */
export async function createRealitycheck(stack: Stack): Promise<string> {
  await stack.createProject('acme', 'realitycheck')
  const port = new URL(stack.url).port
  for (const [name, value] of Object.entries({
    CIRCLE_HOSTNAME: `http://host.docker.internal:${port}`,
    CIRCLE_TOKEN: stack.admin.token,
    CIRCLE_CLOUD_PROVIDER: 'other',
  })) {
    await stack.api('POST', `/api/v2/project/gh/${project}/envvar`, { name, value })
  }
  for (const [name, variable] of [
    ['org-global', 'CONTEXT_END_TO_END_TEST_VAR'],
    ['individual-local', 'MULTI_CONTEXT_END_TO_END_VAR'],
  ]) {
    const context = await stack.api<{ id: string }>('POST', '/api/v2/context', {
      name,
      owner: { slug: 'gh/acme', type: 'organization' },
    })
    await stack.api('PUT', `/api/v2/context/${context.id}/environment-variable/${variable}`, { value: '1' })
  }
  return project
}

/** Pushes the acceptance repository as it is, and cancels its workflow for machines, which nothing here can run. */
export async function pushRealitycheck(stack: Stack, message?: string): Promise<{ readonly id: string }> {
  stack.push(
    project,
    {
      '.circleci/config.yml': readFileSync(join(source, '.circleci/config.yml')),
      'test-results/test-results.xml': readFileSync(join(source, 'test-results/test-results.xml')),
    },
    message,
  )
  const pipeline = await stack.latestPipeline(project)
  const vm = (await stack.workflows(pipeline.id)).find((workflow) => workflow.name === 'vm_jobs')
  await stack.api('POST', `/api/v2/workflow/${vm?.id}/cancel`)
  return pipeline
}
