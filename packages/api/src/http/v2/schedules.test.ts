import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: ApiWorld
let base: string

beforeAll(async () => {
  world = await startApiWorld()
  base = `/api/v2/project/${world.slug}/schedule`
})

afterAll(() => world.stop())

const nightly = {
  name: 'weekly',
  'attribution-actor': 'current',
  timetable: { 'per-hour': 2, 'hours-of-day': [0, 12], 'days-of-week': ['MON'] },
  parameters: { branch: 'main', deploy: true },
}

async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, token?: string) {
  const headers = { 'circle-token': token ?? world.owner.token }
  const answer = await world.server.inject({ method, url, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, body: answer.json() }
}

test('a schedule is made, read, changed and deleted [I-071]', async () => {
  const made = await ask('POST', base, nightly)
  const url = `/api/v2/schedule/${made.body.id}`
  const read = await ask('GET', url)
  const changed = await ask('PATCH', url, { description: 'every week', parameters: { tag: 'v1' } })
  const listed = await ask('GET', base)
  const deleted = await ask('DELETE', url)
  const { nextAt } = (await world.ports.schedules.schedule(world.ids.schedule))!

  expect(made).toMatchObject({ status: 201, body: { ...nightlyShown(), actor: { login: world.owner.user.login } } })
  expect(read.body).toEqual(made.body)
  expect(changed.body).toMatchObject({ name: 'weekly', description: 'every week', parameters: { tag: 'v1' } })
  expect(listed.body.items.map((item: { name: string }) => item.name)).toContain('weekly')
  expect(deleted).toMatchObject({ status: 200, body: { message: 'Schedule deleted.' } })
  expect((await ask('GET', url)).status).toBe(404)
  expect(nextAt).toBeNull()
})

function nightlyShown() {
  const { 'attribution-actor': _attribution, ...shown } = nightly
  return { ...shown, description: '', 'project-slug': world.slug }
}

test('one that somebody changes runs in their name from then on [S-04]', async () => {
  const writer = await world.member('writer')
  const { body } = await ask('POST', base, { ...nightly, name: 'borrowed' })

  const changed = await ask('PATCH', `/api/v2/schedule/${body.id}`, { parameters: { branch: 'x' } }, writer.token)
  const system = await ask('PATCH', `/api/v2/schedule/${body.id}`, { 'attribution-actor': 'system' }, writer.token)

  expect(changed.body.actor.login).toBe(writer.user.login)
  expect(system.body.actor.login).toBe('system-actor')
})

test('the time of the next run is known from the start', async () => {
  const { body } = await ask('POST', base, { ...nightly, name: 'timed' })

  expect((await world.ports.schedules.schedule(body.id))?.nextAt).toBeInstanceOf(Date)
})

test.each<[object, string]>([
  [{ timetable: { 'per-hour': 0, 'hours-of-day': [0], 'days-of-week': ['MON'] } }, 'per-hour'],
  [{ timetable: { 'per-hour': 1, 'hours-of-day': [24], 'days-of-week': ['MON'] } }, 'hours-of-day'],
  [{ timetable: { 'per-hour': 1, 'hours-of-day': [0], 'days-of-week': ['MONDAY'] } }, 'days-of-week'],
  [{ timetable: { 'per-hour': 1, 'hours-of-day': [0] } }, 'days-of-week or days-of-month'],
  [{ timetable: { 'per-hour': 1, 'hours-of-day': [0], 'days-of-month': [31], months: ['FEB'] } }, 'never comes'],
  [{ parameters: {} }, 'a branch or a tag'],
  [{ parameters: { branch: 'a', tag: 'b' } }, 'a branch or a tag'],
  [{ 'attribution-actor': 'somebody' }, 'attribution-actor'],
  [{ name: '' }, 'name'],
])('%j is refused in words', async (wrong, message) => {
  const answer = await ask('POST', base, { ...nightly, name: 'wrong', ...wrong })

  expect(answer.status).toBe(400)
  expect(answer.body.message).toContain(message)
})

test('two of one name are a conflict', async () => {
  await ask('POST', base, { ...nightly, name: 'twin' })

  expect((await ask('POST', base, { ...nightly, name: 'twin' })).status).toBe(409)
})
