import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rondo, startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let folder: string
let root: string
let url: string

const build = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  folder = mkdtempSync(join(tmpdir(), 'rondo-queue-'))
  const { accounts } = engine.database.store
  root = await web.token(await accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true }))
  url = await web.listen()
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await web.stop()
  await engine.stop()
})

test('an administrator of an organisation sees own builds and how good their forecasts were, and is not told that agents are missing', async () => {
  const [home, other] = [await engine.home(), await engine.home()]
  const owner = await web.token(home.user)
  const queue = (token: string, { organization }: typeof home) =>
    rondo(['admin', 'queue', '--organization', `gh/${organization.name}`], {
      cwd: folder,
      env: { RONDO_URL: url, RONDO_TOKEN: token },
    })
  const started = await engine.push(home.project, build)
  const { id } = await engine.job(started, 'build')
  const wait = await web.request(owner, 'GET', `/api/private/jobs/${id}/wait`)
  await engine.run(started, 'build')
  await engine.push(home.project, build)

  // The first look notes that the build of before has started.
  await queue(owner, home)
  const own = await queue(owner, home)
  const foreign = await queue(root, other)

  expect(wait.body).toMatchObject({ kind: 'room', expectedMs: expect.any(Number), unknown: null })
  expect(own.out).toMatch(/^run queue +1$/m)
  expect(own.out).toMatch(/^BUILD .* STARTS IN +JOB$/m)
  expect(own.out).toMatch(/^WAITED FOR +STARTS +OFF BY[^\n]*\nroom +1 +\S+/m)
  expect(own.out).toMatch(/\nAgents are shown to administrators of the installation\.\n$/)
  expect(foreign.out).not.toContain('WAITED FOR')
  expect(foreign.out).toMatch(/^test-agent /m)
})
