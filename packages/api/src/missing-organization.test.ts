import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: ApiWorld

beforeAll(async () => {
  world = await startApiWorld()
})
afterAll(() => world.stop())

const basic = () => `Basic ${Buffer.from(`x:${world.owner.token}`).toString('base64')}`

/** Of an organisation that is nowhere, and of one that is somebody else's. */
const places = () => [
  { organization: 'nobody', name: 'u' },
  { organization: world.stranger.organization.name, name: world.stranger.project.name },
]

test('a push into an organization that is not there, or not theirs, is told what makes one [I-068]', async () => {
  for (const { organization, name } of places()) {
    const { statusCode, body } = await world.server.inject({
      url: `/git/${organization}/${name}.git/info/refs?service=git-receive-pack`,
      headers: { authorization: basic() },
    })

    expect(statusCode).toBe(404)
    expect(body).toBe(
      `Repository ${organization}/${name} not found. Check its name, and that you belong to the organization ${organization}: POST /api/v2/organization with {"name": "${organization}"} makes it when there is none, and the first push makes the project.\n`,
    )
  }
})

test('so is a trigger, in the same words for both', async () => {
  const answers = await Promise.all(
    places().map(async ({ organization, name }) =>
      world.server.inject({
        method: 'POST',
        url: `/api/v2/project/gh/${organization}/${name}/pipeline`,
        headers: { 'circle-token': world.owner.token },
        payload: { branch: 'main' },
      }),
    ),
  )

  for (const { statusCode, body } of answers) {
    expect(statusCode).toBe(404)
    expect(JSON.parse(body)).toEqual({
      message: expect.stringMatching(
        /^Project not found\. .*POST \/api\/v2\/organization makes one, and the first push/,
      ),
    })
  }
  expect(answers[0]?.body).toBe(answers[1]?.body)
})
