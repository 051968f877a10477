import { type CliWorld, startCliWorld, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: CliWorld
let engine: TestEngine
let web: TestWeb

beforeAll(async () => {
  world = await startCliWorld()
  ;({ engine, web } = world)
})

afterAll(() => world.stop())

test('a project is told to keep its failed jobs, and not to, by whoever may configure it', async () => {
  const home = await engine.home()
  const stranger = await engine.home()
  const slug = `gh/${home.organization.name}/app`
  const call = async (user: typeof home.user, ...args: readonly string[]) =>
    world.rondo(await web.token(user), 'hold', ...args)

  expect((await call(home.user, slug)).out).toContain(`Failed jobs of ${slug} end at once`)
  expect((await call(home.user, slug, 'on')).out).toContain(`Failed jobs of ${slug} stay for ten minutes`)
  expect(JSON.parse((await call(home.user, slug, '--json')).out)).toEqual({ hold: true })
  expect((await call(stranger.user, slug, 'off')).code).toBe(1)
  expect((await call(home.user, slug, 'off')).code).toBe(0)
  expect(JSON.parse((await call(home.user, slug, '--json')).out)).toEqual({ hold: false })

  const wrong = await call(home.user, slug, 'maybe')
  expect(wrong).toMatchObject({ code: 2 })
  expect(wrong.err).toContain('maybe is neither on nor off.')
  expect((await call(home.user)).err).toContain('Name the project')
})
