import { type CliWorld, startCliWorld, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: CliWorld
let engine: TestEngine
let web: TestWeb

const build = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`

beforeAll(async () => {
  world = await startCliWorld()
  ;({ engine, web } = world)
})

afterAll(() => world.stop())

test('an administrator of an organisation sees own builds and how good their forecasts were, and is not told that agents are missing', async () => {
  const [home, other] = [await engine.home(), await engine.home()]
  const owner = await web.token(home.user)
  const queue = (token: string, { organization }: typeof home) =>
    world.rondo(token, 'admin', 'queue', '--organization', `gh/${organization.name}`)
  const started = await engine.push(home.project, build)
  const { id } = await engine.job(started, 'build')
  const wait = await web.request(owner, 'GET', `/api/private/jobs/${id}/wait`)
  await engine.run(started, 'build')
  await engine.push(home.project, build)

  // The first look notes that the build of before has started.
  await queue(owner, home)
  const own = await queue(owner, home)
  const foreign = await queue(world.root, other)

  expect(wait.body).toMatchObject({ kind: 'room', expectedMs: expect.any(Number), unknown: null })
  expect(own.out).toMatch(/^run queue +1$/m)
  expect(own.out).toMatch(/^BUILD .* STARTS IN +JOB +STATE$/m)
  expect(own.out).toMatch(/^WAITED FOR +STARTS +OFF BY[^\n]*\nroom +1 +\S+/m)
  expect(own.out).toMatch(/\nAgents are shown to administrators of the installation\.\n$/)
  expect(foreign.out).not.toContain('WAITED FOR')
  expect(foreign.out).toMatch(/^test-agent /m)
})

test('the queue says which limit holds a build, and that nothing is free while every agent is drained', async () => {
  const home = await engine.home()
  const organization = `gh/${home.organization.name}`
  const admin = (...args: readonly string[]) => world.rondo(world.root, 'admin', ...args)
  await engine.push(home.project, build)
  await admin('limit', '0', '--organization', organization)
  await engine.push((await engine.home()).project, build)
  const { agents } = engine.database.store
  for (const { id } of await agents.list()) await agents.setDraining(id, true, home.user.id)

  const { out } = await admin('queue')
  for (const { id } of await agents.list()) await agents.setDraining(id, false, home.user.id)
  const after = await admin('queue')

  const why = 'no agent takes new work (test-agent: An administrator drains it)'
  expect(out).toContain(`, none of which can start: ${why}\n`)
  expect(out).toMatch(
    new RegExp(`/${home.organization.name}/app/1 .* held: new work of ${organization} is blocked$`, 'm'),
  )
  expect(out).toContain(`stuck: ${why}`)
  expect(out).not.toMatch(/ free$/m)
  expect(after.out).toMatch(/ free$/m)
})

test('limits say who set them and when, and the histories of everything, an organization and a project what they were before', async () => {
  const home = await engine.home()
  const [organization, token] = [`gh/${home.organization.name}`, await web.token(home.user)]
  const admin = (...args: readonly string[]) => world.rondo(token, 'admin', ...args)
  await admin('limit', '20', '--organization', organization)
  await admin('limit', '2', '--class', 'xlarge', '--organization', organization)
  await admin('limit', '7', '--organization', organization)
  await admin('settings', 'time.run', '60', '--project', `${organization}/app`)

  const limits = await admin('limit', '--organization', organization)
  const wrong = await admin('limit', '2', '--class', 'huge', '--organization', organization)
  const ofOrganization = await admin('history', organization, '--limit', '2')
  const [, before = ''] = /add --before (\d+)$/m.exec(ofOrganization.out) ?? []
  const older = await admin('history', organization, '--before', before)
  const ofProject = await admin('history', `${organization}/app`)
  const refused = await admin('history')
  const everywhere = await world.rondo(world.root, 'admin', 'history', '--limit', '1')

  const { login } = home.user
  expect(limits.out).toMatch(new RegExp(`^${organization} +all +7 +by ${login} at 20\\S+ \\S+ UTC$`, 'm'))
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('The classes are small, medium, ')])
  expect(ofOrganization.out).toMatch(
    new RegExp(
      `^20\\S+ +${login} +${organization}/app +setting time.run set to 60, not set before\n20\\S+ +${login} +${organization} +limit set to 7 tasks at once, was 20$`,
      'm',
    ),
  )
  expect(older.out).toMatch(/limit of class xlarge set to 2 .*\n.*limit set to 20 tasks at once, no limit before\n$/)
  expect(ofProject.out).toMatch(/ setting time.run set to 60, not set before$/m)
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('administrators of the installation')])
  expect(everywhere.out).toContain(`${organization}/app`)
})
