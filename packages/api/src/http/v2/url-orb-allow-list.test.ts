import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: ApiWorld
let base: string

beforeAll(async () => {
  world = await startApiWorld()
  base = `/api/v2/organization/gh/${world.owner.organization.name}/url-orb-allow-list`
})

afterAll(() => world.stop())

async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) {
  const headers = { 'circle-token': world.owner.token }
  const answer = await world.server.inject({ method, url, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, body: answer.json() }
}

const entry = (prefix: string, auth = 'none') => ({ name: 'orbs', prefix, auth })

test('a prefix is allowed, listed and deleted', async () => {
  const made = await ask('POST', base, entry('https://orbs.example/team/../ours/'))
  const listed = await ask('GET', base)
  const deleted = await ask('DELETE', `${base}/${made.body.id}`)

  expect(made).toMatchObject({ status: 201, body: { id: expect.any(String), message: 'Created.' } })
  expect(listed.body).toEqual({ items: [{ id: made.body.id, ...entry('https://orbs.example/ours/') }] })
  expect(deleted).toEqual({ status: 200, body: { id: made.body.id, message: 'Deleted.' } })
  expect((await ask('DELETE', `${base}/${made.body.id}`)).status).toBe(404)
})

test.each([
  [entry('http://orbs.example/'), 'must be an https address'],
  [entry('https://orbs.example/team'), 'ends with "/"'],
  [entry('https://orbs.example/?q=/'), 'must be an https address'],
  [entry('https://orbs.example/', 'github-app'), 'is not available here'],
])('%j is refused in words', async (body, message) => {
  const answer = await ask('POST', base, body)

  expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining(message) } })
})

test('an organization allows five at most', async () => {
  const all = []
  for (let count = 0; count < 6; count++) all.push(await ask('POST', base, entry(`https://orbs.example/${count}/`)))

  expect(all.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 409])
})
