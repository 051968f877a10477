import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: ApiWorld

beforeAll(async () => {
  world = await startApiWorld({ requestRate: { perSecond: 0.001, burst: 3 } })
})

afterAll(() => world.stop())

const me = (token: string, remoteAddress = '10.0.0.1') =>
  world.server.inject({ method: 'GET', url: '/api/v2/me', headers: { 'circle-token': token }, remoteAddress })

test('who asks too much is told so, by 429 and in headers, and nobody else is [L-411]', async () => {
  const answers = []
  for (let index = 0; index < 4; index++) answers.push(await me(world.owner.token))
  const last = answers.at(-1)

  expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 429])
  expect(answers[0]?.headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '2' })
  expect(last?.json()).toEqual({ message: expect.stringMatching(/^Too many requests\. Try again in \d+ s\.$/) })
  expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0)
  expect(last?.headers).toMatchObject({ 'ratelimit-remaining': '0', 'x-ratelimit-remaining-second': '0' })
  expect((await me(world.stranger.token)).statusCode).toBe(200)
})

test('guessing tokens ends after a while, for that address alone, and locks nobody out who knows one [S-42]', async () => {
  const statuses = []
  for (let index = 0; index < 70; index++) statuses.push((await me(`rondo_guess-${index}`, '10.0.0.2')).statusCode)

  expect(statuses.slice(0, 60)).toEqual(statuses.slice(0, 60).map(() => 401))
  expect(statuses.at(-1)).toBe(429)
  expect((await me(world.stranger.token, '10.0.0.2')).statusCode).toBe(200)
  expect((await me('rondo_guess', '10.0.0.3')).statusCode).toBe(401)
})

test('guessing a password ends after a while, even with the right one, for that login and address alone [S-42]', async () => {
  const guess = async (login: string, remoteAddress: string) =>
    (
      await world.server.inject({
        method: 'POST',
        url: '/api/private/session',
        payload: { login, password: 'guess' },
        remoteAddress,
      })
    ).statusCode
  const statuses = []
  for (let index = 0; index < 24; index++) statuses.push(await guess('somebody', '10.0.0.4'))

  expect(statuses.slice(0, 20)).toEqual(statuses.slice(0, 20).map(() => 401))
  expect(statuses.at(-1)).toBe(429)
  expect([await guess('somebody', '10.0.0.5'), await guess('another', '10.0.0.4')]).toEqual([401, 401])
})
