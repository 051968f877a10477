import { type Household, startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let home: Household
let token: string
let base: string

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

beforeEach(async () => {
  home = await engine.home()
  token = await web.token(home.user)
  base = `/api/v2/project/gh/${home.organization.name}/app`
})

const config = `
version: 2.1
jobs: {build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}}
workflows: {main: {jobs: [build]}}
`

const patch = (advanced: object) => web.request(token, 'PATCH', `${base}/settings`, { advanced })

/** The pipeline that a run of the branch made. */
async function run(branch: string): Promise<string> {
  const { body } = await web.request(token, 'POST', `${base}/pipeline/run`, {
    checkout: { branch },
    config: { content: config },
  })
  return String(body.id)
}

async function statusOf(pipeline: string): Promise<string> {
  await engine.settle()
  const { items } = (await web.request(token, 'GET', `/api/v2/pipeline/${pipeline}/workflow`)).body as unknown as {
    readonly items: readonly { readonly status: string }[]
  }
  return items.map((workflow) => workflow.status).join()
}

test('a newer pipeline of the default branch cancels an older one once the project asks for that, and no longer when it takes it back', async () => {
  await engine.push(home.project, config)
  const before = await web.request(token, 'GET', `${base}/settings`)

  await patch({ autocancel_builds: true })
  const kept = await run('main')
  await run('main')
  const asked = await patch({ autocancel_default_branch: true })
  const redundant = await run('main')
  await run('main')
  const after = await web.request(token, 'GET', `${base}/settings`)
  await patch({ autocancel_default_branch: false })
  const keptAgain = await run('main')
  await run('main')

  expect(before.body).toMatchObject({ advanced: { autocancel_builds: false, autocancel_default_branch: false } })
  expect(asked).toMatchObject({ status: 200, body: { advanced: { autocancel_default_branch: true } } })
  expect(after.body).toMatchObject({ advanced: { autocancel_builds: true, autocancel_default_branch: true } })
  expect(await statusOf(redundant)).toBe('canceled')
  expect(await statusOf(keptAgain)).toBe('running')
  // Older than what cancelled: whatever of the branch had not ended went with it.
  expect(await statusOf(kept)).toBe('canceled')
})

test('without auto-cancel the default branch is left alone, and what is no yes or no is refused', async () => {
  await engine.push(home.project, config)

  await patch({ autocancel_default_branch: true })
  const kept = await run('main')
  await run('main')
  const wrong = await patch({ autocancel_default_branch: 'always' })

  expect(await statusOf(kept)).toBe('running')
  expect(wrong.status).toBe(400)
})
