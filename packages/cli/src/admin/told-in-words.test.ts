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

const as =
  (token: string) =>
  (...args: readonly string[]) =>
    world.rondo(token, 'admin', ...args)

test('settings say where a value is set, who may change it, and values with their units', async () => {
  const home = await engine.home()
  const [admin, owner] = [as(world.root), as(await web.token(home.user))]
  const organization = `gh/${home.organization.name}`
  const project = `${organization}/app`
  await admin('settings', 'retention.output', '0', '--organization', organization)
  await admin('settings', 'orbs.uncertified', 'no', '--organization', organization)
  await owner('settings', 'time.queue', '2', '--organization', organization)

  const here = await admin('settings', 'time.run', '1', '--project', project)
  const plain = await owner('settings', '--project', `gh/${(await engine.home()).organization.name}/app`)
  const own = await owner('settings', '--organization', organization)

  expect(here.out).toMatch(/^time\.run +1 minute +here, held +by root/m)
  expect(here.out).toMatch(/^time\.queue +2 hours +further up +by /m)
  expect(here.out).toMatch(/^retention\.output +for ever +further up, held +by root/m)
  expect(here.out).toMatch(/^retention\.caches +15 days +standard +-/m)
  expect(here.out).toContain('\nheld: an administrator of the installation has set it, and nobody else changes it.\n')
  expect(here.out).toMatch(new RegExp(`^${project} +time\\.run +1 minute +by root`, 'm'))
  expect(own.out).toMatch(new RegExp(`^${organization} +retention\\.output +for ever +by root`, 'm'))
  expect(own.out).toMatch(new RegExp(`^${organization} +orbs\\.uncertified +no +by root`, 'm'))
  expect(plain.out).not.toContain('held')
})

test('one build is one, and none is none', async () => {
  const [admin, home] = [as(world.root), await engine.home()]
  const project = `gh/${home.organization.name}/app`
  await engine.push(home.project, build)

  const look = await admin('cancel', '--project', project)
  const done = await admin('cancel', '--project', project, '--yes')
  const none = await admin('cancel', '--project', project, '--yes')

  expect(look.out).toBe('1 waiting build matches. Add --yes to cancel it.\n')
  expect(done.out).toBe('1 of 1 build was canceled.\n')
  expect(none.out).toBe('No waiting build matches.\n')
})

test('numbers that cannot be are refused in words, not by what a parser advises', async () => {
  const admin = as(world.root)

  const limit = await admin('limit', '-1')
  const setting = await admin('settings', 'time.run', '-1')
  const [word, negative] = [await admin('queue', '--limit', 'x'), await admin('queue', '--limit', '-1')]
  const flag = await admin('limit', '-x')

  expect(limit).toMatchObject({ code: 2, err: expect.stringContaining('"-1" is no number of tasks. Say how many') })
  expect(setting).toMatchObject({ code: 1, err: expect.stringContaining('Give a whole number of minutes from 1') })
  expect(word).toMatchObject({
    code: 2,
    err: expect.stringContaining('"x" is no number of builds. Write one from 1 to 200.'),
  })
  expect(negative).toMatchObject({ code: 2, err: expect.stringContaining('"-1" is no number of builds.') })
  expect(flag.err).toBe("rondo admin limit: Unknown option '-x'.\nusage: rondo admin limit [N|none]\n")
})

test('a block or limit that is not there cannot be taken away, and those that there are, are shown', async () => {
  const [admin, home] = [as(world.root), await engine.home()]
  const organization = `gh/${home.organization.name}`
  await admin('block', '--organization', organization)

  const elsewhere = await admin('unblock', '--project', `${organization}/app`)
  const ofClass = await admin('limit', 'none', '--class', 'large', '--organization', organization)
  const there = await admin('unblock', '--organization', organization)

  expect(elsewhere.out).toMatch(
    new RegExp(
      `^No limit or block of ${organization}/app is set: nothing is taken away\\.\nOF [^\n]*\n${organization} +all +0 `,
    ),
  )
  expect(ofClass.out).toContain(`No limit or block of ${organization} for class large is set: nothing is taken away.\n`)
  expect(there.out).toBe('No limits.\n')
})

test('a history without anything says what was looked for, and what to ask instead', async () => {
  const [admin, home] = [as(world.root), await engine.home()]
  const organization = `gh/${home.organization.name}`

  const [ofOrganization, ofProject] = [
    await admin('history', organization),
    await admin('history', `${organization}/app`),
  ]
  await admin('block', '--organization', organization)
  const blocked = await admin('history', organization, '--json')
  const before = await admin('history', organization, '--before', JSON.parse(blocked.out)[0].id)

  expect(ofOrganization).toEqual({
    code: 0,
    err: '',
    out: `No limit, block, promotion, setting, token, agent or orb of ${organization} was changed. What pipelines came of, ask of their project: rondo admin history ${organization}/REPO\n`,
  })
  expect(ofProject.out).toBe(`${organization}/app has had no pipeline, and nothing of it was changed.\n`)
  expect(before.out).toBe('Nothing came before.\n')
})
