import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Stack, startStack } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({ executor: 'sandbox' })
})

afterAll(() => stack?.stop())

async function ask<T>(query: string, variables: object = {}): Promise<T> {
  return (await stack.api<{ data: T }>('POST', '/graphql-unstable', { query, variables })).data
}

async function publish(version: string, says: string): Promise<void> {
  const source = `version: 2.1\ncommands: { say: { steps: [run: { name: say, command: echo it says ${says} }] } }\n`
  const { publishOrb } = await ask<{ publishOrb: { errors: readonly object[] } }>(
    `mutation ($source: String!, $version: String!) {
      publishOrb(namespaceName: "acme", orbName: "tool", orbYaml: $source, version: $version) { errors { message } }
    }`,
    { source, version },
  )
  expect(publishOrb.errors).toEqual([])
}

const config = `version: 2.1
orbs: { newest: acme/tool@volatile, dev: "acme/tool@dev:next" }
jobs:
  build:
    docker: [{ image: cimg/base:current }]
    resource_class: small
    steps: [newest/say, dev/say]
workflows: { main: { jobs: [build] } }
`

/** What the steps of a workflow printed, once it has succeeded. */
async function said(workflow: string): Promise<readonly string[]> {
  await stack.waitFor('the workflow to end', async () => {
    const { status } = await stack.api<{ status: string }>('GET', `/api/v2/workflow/${workflow}`)
    return ['success', 'failed'].includes(status) ? status : undefined
  })
  const [job] = await stack.jobs(workflow)
  const steps = (await stack.steps(job!.id)).filter(({ name }) => name === 'say')
  const outputs = await Promise.all(steps.map(async ({ id }) => (await stack.output(id)).toString('utf8')))
  return outputs.flatMap((text) => /it says (\S+)/.exec(text)?.[1] ?? [])
}

async function database(): Promise<pg.Client> {
  const { port, password } = JSON.parse(readFileSync(join(stack.data, 'postgres.json'), 'utf8'))
  const client = new pg.Client({ host: '127.0.0.1', port, password, user: 'rondo', database: 'postgres' })
  await client.connect()
  return client
}

test('a pipeline goes on with the orbs it was compiled with: a newer release, an overwritten, expired dev version and a deleted namespace change no rerun [I-028]', async () => {
  await stack.createProject('acme', 'app')
  const { organization } = await ask<{ organization: { id: string } }>('{ organization(name: "acme") { id } }')
  const { createNamespace } = await ask<{ createNamespace: { namespace: { id: string } } }>(
    `mutation { createNamespace(name: "acme", organizationId: "${organization.id}") { namespace { id } } }`,
  )
  const namespace = createNamespace.namespace.id
  await ask(`mutation { createOrb(name: "tool", registryNamespaceId: "${namespace}") { orb { id } } }`)
  await publish('1.0.0', 'old')
  await publish('dev:next', 'draft')
  stack.push('acme/app', { '.circleci/config.yml': config })
  const pipeline = await stack.latestPipeline('acme/app')
  const first = await stack.waitForWorkflow(pipeline.id, 'main', ['success', 'failed'])
  const rerun = async () =>
    (await stack.api<{ workflow_id: string }>('POST', `/api/v2/workflow/${first}/rerun`)).workflow_id

  await publish('2.0.0', 'new')
  await publish('dev:next', 'another')
  const afterChange = await said(await rerun())
  stack.push('acme/app', { '.circleci/config.yml': config, 'a.txt': 'a' }, 'again')
  const later = await stack.latestPipeline('acme/app')
  const fresh = await said(await stack.waitForWorkflow(later.id, 'main', ['success', 'failed']))
  const sql = await database()
  await sql.query(`update orb_versions set expires_at = now() - interval '1 second' where version = 'dev:next'`)
  const pins = await sql.query('select reference, resolved, length(digest) as digits from pipeline_orbs order by 1, 2')
  await sql.end()
  stack.push('acme/app', { '.circleci/config.yml': config, 'a.txt': 'b' }, 'without it')
  const without = await stack.latestPipeline('acme/app')
  await ask(`mutation { deleteNamespaceAndRelatedOrbs(namespaceId: "${namespace}") { deleted } }`)

  expect(await said(first)).toEqual(['old', 'draft'])
  expect(afterChange).toEqual(['old', 'draft'])
  expect(fresh).toEqual(['new', 'another'])
  expect(pins.rows).toEqual([
    { reference: 'acme/tool@dev:next', resolved: 'acme/tool@dev:next', digits: 64 },
    { reference: 'acme/tool@dev:next', resolved: 'acme/tool@dev:next', digits: 64 },
    { reference: 'acme/tool@volatile', resolved: 'acme/tool@1.0.0', digits: 64 },
    { reference: 'acme/tool@volatile', resolved: 'acme/tool@2.0.0', digits: 64 },
  ])
  expect(without.errors[0]?.message).toContain('Cannot find acme/tool@dev:next in the orb registry')
  expect(without.errors[0]?.message).toContain('hint: The newest release is acme/tool@2.0.0')
  expect(await said(await rerun())).toEqual(['old', 'draft'])
})
