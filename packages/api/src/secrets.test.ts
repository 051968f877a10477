import { randomUUID } from 'node:crypto'
import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let world: ApiWorld

beforeAll(async () => {
  world = await startApiWorld()
})

afterAll(() => world.stop())

describe('secrets', () => {
  test('a value goes in and never comes out again, by no route [I-046]', async () => {
    const secret = `s3cr3t-${randomUUID()}`
    const headers = { 'circle-token': world.owner.token }
    const written = [
      await world.server.inject({
        method: 'POST',
        url: `/api/v2/project/${world.slug}/envvar`,
        headers,
        payload: { name: 'TOKEN', value: secret },
      }),
      await world.server.inject({
        method: 'PUT',
        url: `/api/v2/context/${world.ids.context}/environment-variable/TOKEN`,
        headers,
        payload: { value: secret },
      }),
    ]
    const read = await Promise.all(
      [
        `/project/${world.slug}/envvar`,
        `/project/${world.slug}/envvar/TOKEN`,
        `/context/${world.ids.context}`,
        `/context/${world.ids.context}/environment-variable`,
      ].map((path) => world.server.inject({ method: 'GET', url: `/api/v2${path}`, headers })),
    )

    expect(written.map((answer) => answer.statusCode)).toEqual([201, 200])
    expect(read.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 200])
    for (const answer of [...written, ...read]) expect(answer.body).not.toContain(secret.slice(0, -4))
    expect(read[1]?.json().value).toBe(`xxxx${secret.slice(-4)}`)
    for (const { sealed } of [
      ...(await world.ports.secrets.projectVariables(world.owner.project.id)),
      ...(await world.ports.secrets.contextVariables(world.ids.context)),
    ])
      expect(sealed.includes(Buffer.from(secret))).toBe(false)
  })

  test.each([
    ['a', 'xxxx'],
    ['ab', 'xxxxb'],
    ['abcd', 'xxxxcd'],
    ['abcdefgh', 'xxxxefgh'],
    ['', 'xxxx'],
  ])('of the value %j the listing shows %s, never more than half [I-046]', async (value, shown) => {
    const answer = await world.server.inject({
      method: 'POST',
      url: `/api/v2/project/${world.slug}/envvar`,
      headers: { 'circle-token': world.owner.token },
      payload: { name: 'SHORT', value },
    })

    expect(answer.json().value).toBe(shown)
  })

  test.each(['1A', 'A-B', '', 'A B', 'Ä'])('%j names no variable', async (name) => {
    const headers = { 'circle-token': world.owner.token }

    expect(
      (
        await world.server.inject({
          method: 'POST',
          url: `/api/v2/project/${world.slug}/envvar`,
          headers,
          payload: { name, value: 'x' },
        })
      ).statusCode,
    ).toBe(400)
    if (name !== '')
      expect(
        (
          await world.server.inject({
            method: 'PUT',
            url: `/api/v2/context/${world.ids.context}/environment-variable/${encodeURIComponent(name)}`,
            headers,
            payload: { value: 'x' },
          })
        ).statusCode,
      ).toBe(400)
  })
})
