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

test('guessing tokens or passwords ends after a while, for that address alone [S-42]', async () => {
  const address = '10.0.0.2'
  const guess = async (index: number) =>
    index % 2 === 0
      ? me(`rondo_guess-${index}`, address)
      : world.server.inject({
          method: 'POST',
          url: '/api/private/session',
          payload: { login: 'nobody', password: `guess ${index}` },
          remoteAddress: address,
        })
  const statuses = []
  for (let index = 0; index < 70; index++) statuses.push((await guess(index)).statusCode)

  expect(statuses.slice(0, 30)).toEqual(statuses.slice(0, 30).map(() => 401))
  expect(statuses.at(-1)).toBe(429)
  expect((await me('rondo_guess', '10.0.0.3')).statusCode).toBe(401)
})
