import { createContinuationKeys } from '@rondo/conductor'
import type { Pipeline } from '@rondo/model'
import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
const keys = createContinuationKeys(Buffer.alloc(32))

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

const config = (name: string, more = '') => `version: 2.1
${more}
jobs: {${name}: {docker: [{image: cimg/base:current}], steps: [checkout]}}
workflows: {${name}: {jobs: [${name}]}}
`
const next = config('next')

async function pipelineInSetup(): Promise<Pipeline & { readonly token: string }> {
  const { project, user } = await engine.home()
  const allowed = { ...project, settings: { ...project.settings, setupWorkflows: true } }
  const pipeline = await engine.push(allowed, config('choose', 'setup: true'))
  return { ...pipeline, token: await web.token(user) }
}

/** As a job of the pipeline does, with no token. */
async function proceed({ id }: Pipeline, configuration = next) {
  const payload = { 'continuation-key': keys.issue(id), configuration, parameters: {} }
  const json = { 'content-type': 'application/json' }
  return web.send('POST', '/api/v2/pipeline/continue', json, JSON.stringify(payload))
}

async function look({ id, token }: Awaited<ReturnType<typeof pipelineInSetup>>) {
  const [pipeline, workflows] = await Promise.all([
    web.request(token, 'GET', `/api/v2/pipeline/${id}`),
    web.request(token, 'GET', `/api/v2/pipeline/${id}/workflow`),
  ])
  const { state, errors } = pipeline.body as unknown as { state: string; errors: readonly { message: string }[] }
  const { items } = workflows.body as unknown as { items: readonly { name: string }[] }
  return { state, errors, workflows: items.map(({ name }) => name).sort() }
}

async function age({ id }: Pipeline, interval: string): Promise<void> {
  const database = new pg.Client({ connectionString: engine.database.connectionString })
  await database.connect()
  await database.query('update pipelines set created_at = now() - $1::interval where id = $2', [interval, id])
  await database.end()
}

test('a pipeline is continued once: the second asker is refused and starts nothing [I-029]', async () => {
  const pipeline = await pipelineInSetup()

  const first = await proceed(pipeline)
  const second = await proceed(pipeline, config('other'))

  expect([first.status, second.status]).toEqual([200, 409])
  expect(second.body).toMatchObject({ message: expect.stringContaining('Pipeline is not in setup state') })
  expect(await look(pipeline)).toEqual({ state: 'created', errors: [], workflows: ['choose', 'next'] })
})

test('a pipeline is continued within six hours, and not after [I-029]', async () => {
  const [early, late] = [await pipelineInSetup(), await pipelineInSetup()]
  await age(early, '5 hours 59 minutes')
  await age(late, '6 hours 1 minute')

  const answers = [await proceed(early), await proceed(late)]

  expect(answers[0]?.status).toBe(200)
  expect(answers[1]).toMatchObject({ status: expect.toSatisfy((code) => code >= 400 && code < 500) })
  expect(answers[1]?.body).toMatchObject({ message: expect.stringContaining('Continuation key has expired') })
  expect((await look(late)).workflows).toEqual(['choose'])
})

test('a setup config continues nothing: the pipeline says so and starts no workflow of it [I-029]', async () => {
  const pipeline = await pipelineInSetup()

  await proceed(pipeline, config('again', 'setup: true'))

  expect(await look(pipeline)).toEqual({
    state: 'errored',
    errors: [expect.objectContaining({ message: expect.stringContaining('another setup configuration') })],
    workflows: ['choose'],
  })
})

test('the configs of a pipeline are shown: that of its setup, and once it is continued the other beside it [I-029]', async () => {
  const pipeline = await pipelineInSetup()
  const shown = async () => (await web.request(pipeline.token, 'GET', `/api/v2/pipeline/${pipeline.id}/config`)).body

  const before = await shown()
  await proceed(pipeline)
  const after = await shown()

  const setup = {
    'setup-config': config('choose', 'setup: true'),
    'compiled-setup-config': expect.stringContaining('choose:'),
  }
  expect(before).toEqual({ source: '', compiled: '', ...setup })
  expect(after).toEqual({ source: next, compiled: expect.stringContaining('next:'), ...setup })
})

test('a rerun of the setup workflow may continue what nobody continued, and is refused after that [I-029]', async () => {
  const pipeline = await pipelineInSetup()
  const [setup] = await engine.database.store.queries.workflowsOf([pipeline.id])
  await web.request(pipeline.token, 'POST', `/api/v2/workflow/${setup!.id}/cancel`)
  const rerun = async () => web.request(pipeline.token, 'POST', `/api/v2/workflow/${setup!.id}/rerun`, {})

  expect((await rerun()).status).toBe(202)
  expect((await proceed(pipeline)).status).toBe(200)
  const refused = await rerun()
  expect([refused.status, refused.body]).toEqual([
    409,
    { message: expect.stringMatching(/^Setup workflow choose cannot be rerun: .* run a new pipeline\.$/) },
  ])
  expect((await proceed(pipeline)).status).toBe(409)
  expect((await look(pipeline)).workflows).toEqual(['choose', 'choose', 'next'])
})
