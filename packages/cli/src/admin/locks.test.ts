import { type CliWorld, type Household, startCliWorld, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: CliWorld
let engine: TestEngine
let web: TestWeb

const deploy = (workflow = 'main') => `
version: 2.1
jobs:
  deploy: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {${workflow}: {jobs: [deploy: {serial-group: production}]}}
`

beforeAll(async () => {
  world = await startCliWorld()
  ;({ engine, web } = world)
})

afterAll(() => world.stop())

const admin = (token: string, ...args: readonly string[]) => world.rondo(token, 'admin', ...args)

/** Another project of the same organisation. */
const another = ({ organization }: Household, name: string) =>
  engine.database.store.accounts.createProject({ organizationId: organization.id, name, defaultBranch: 'main' })

test('locks show who holds each since when, and the line behind it in order, with who is passed over', async () => {
  const [home, other] = [await engine.home(), await engine.home()]
  const [organization, token] = [`gh/${home.organization.name}`, await web.token(home.user)]
  const second = await another(home, 'second')
  const empty = await admin(token, 'locks', organization)
  await engine.push(home.project, deploy())
  await engine.push(second, deploy('release'))
  await engine.push(home.project, deploy())
  await engine.push(other.project, deploy())
  await admin(token, 'block', '--project', `${organization}/second`)

  const own = await admin(token, 'locks', organization)
  const first = await admin(token, 'locks', organization, '--limit', '1')
  const all = await admin(world.root, 'locks')
  const json = await admin(token, 'locks', organization, '--json')

  const lock = `^${organization} production`
  const since = '20\\S+ \\d\\d:\\d\\d UTC'
  expect(empty.out).toBe('Nobody holds a lock or waits for one.\n')
  expect(own.out.split('\n')).toEqual([
    expect.stringMatching(/^LOCK +PLACE +PIPELINE +WORKFLOW +JOB +SINCE +STATE$/),
    expect.stringMatching(`${lock} +- +${organization}/app/1 +main +deploy/lock +${since} +holds it$`),
    expect.stringMatching(
      `${lock} +1 +${organization}/second/1 +release +deploy/lock +${since} +passed over: its new work is blocked$`,
    ),
    expect.stringMatching(`${lock} +2 +${organization}/app/2 +main +deploy/lock +${since} +waits$`),
    '',
  ])
  expect(first.out).toMatch(/ … {2}.* 1 more: add --limit N\n$/)
  expect(all.out).toContain(`gh/${other.organization.name} production`)
  expect(JSON.parse(json.out)).toMatchObject([{ key: 'production', waiting: 2, holder: { pipelineNumber: 1 } }])
})

test('a lock that nobody holds since all that wait are blocked says so', async () => {
  const home = await engine.home()
  const organization = `gh/${home.organization.name}`
  await admin(world.root, 'block', '--organization', organization)
  await engine.push(home.project, deploy())

  const { out } = await admin(world.root, 'locks', organization)

  expect(out).toMatch(/ nobody holds it: new work of all that wait is blocked\n.* 1 .* passed over/)
})

test('locks of others are not shown, and what is no organization is refused with what to write', async () => {
  const [home, other] = [await engine.home(), await engine.home()]
  const token = await web.token(home.user)

  const foreign = await admin(token, 'locks', `gh/${other.organization.name}`)
  const everything = await admin(token, 'locks')
  const project = await admin(token, 'locks', `gh/${home.organization.name}/app`)
  const many = await admin(token, 'locks', '--limit', 'x')

  expect([foreign.code, foreign.out]).toEqual([1, ''])
  expect([everything.code, everything.err]).toEqual([1, expect.stringContaining('administrators of the installation')])
  expect([project.code, project.err]).toEqual([2, expect.stringContaining('Write rondo admin locks gh/acme.')])
  expect([many.code, many.err]).toEqual([2, expect.stringContaining('"x" is no number of places.')])
})
