import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ownersNames } from './testing/owners-names.ts'
import { addressOf, bodyOf, type WalkedRoute, type WalkValues, walkRoutes } from './testing/walk.ts'

let world: ApiWorld
let values: WalkValues
let routes: readonly WalkedRoute[]

beforeAll(async () => {
  world = await startApiWorld()
  routes = walkRoutes(world.ports, world.publicUrl)
  values = ownersNames(world)
})

afterAll(() => world.stop())

async function ask(walked: WalkedRoute, headers: Record<string, string>) {
  const { route } = walked
  const known = { value: 'value', name: 'STOLEN' }
  return world.server.inject({
    method: route.method,
    url: addressOf(walked, values),
    headers,
    ...(route.body === undefined ? {} : { payload: bodyOf(route.body, known) as object }),
  })
}

const named = () => routes.filter((route) => !route.open)

describe('what belongs to others', () => {
  test('no route of v1.1 and v2 lets anybody of another organisation at a thing it names [I-068]', async () => {
    const answers = await Promise.all(
      named().map(async (route) => ({
        route: route.name,
        other: (await ask(route, { 'circle-token': world.stranger.token })).statusCode,
        nobody: (await ask(route, {})).statusCode,
      })),
    )

    expect(answers.length).toBeGreaterThan(40)
    expect(answers.filter((answer) => ![403, 404].includes(answer.other))).toEqual([])
    expect(answers.filter((answer) => answer.nobody !== 401)).toEqual([])
    expect(await world.ports.secrets.projectVariables(world.owner.project.id)).not.toContainEqual(
      expect.objectContaining({ name: 'STOLEN' }),
    )
  })

  test('the same addresses answer their owner, so that the refusals mean something', async () => {
    const variable = { sealed: Buffer.alloc(1), hint: '', name: 'TOKEN' }
    await world.ports.secrets.setProjectVariable(world.owner.project.id, variable)

    const answers = await Promise.all(
      named()
        .filter(({ route }) => route.method === 'GET')
        .map(async (route) => ({
          route: route.name,
          status: (await ask(route, { 'circle-token': world.owner.token })).statusCode,
        })),
    )

    expect(answers.filter((answer) => answer.status !== 200)).toEqual([])
  })

  test('lists show nothing of another organisation [I-068]', async () => {
    const { owner, stranger } = world
    const get = async (url: string) =>
      (await world.server.inject({ method: 'GET', url, headers: { 'circle-token': stranger.token } })).json()

    expect((await get('/api/v2/pipeline')).items).toEqual([])
    expect(await get('/api/v1.1/recent-builds')).toEqual([])
    expect((await get('/api/v1.1/projects')).map((project: { username: string }) => project.username)).toEqual([
      stranger.organization.name,
    ])
    for (const owned of [`owner-id=${owner.organization.id}`, `owner-slug=gh/${owner.organization.name}`])
      expect((await get(`/api/v2/context?${owned}`)).message).toBe('Org not found.')
  })

  test.each([
    '/api/private/pipelines/PIPELINE',
    '/api/private/pipelines/PIPELINE/config',
    '/api/private/pipelines/PIPELINE/events',
    '/api/private/workflows/WORKFLOW',
    '/api/private/jobs/JOB',
    '/api/private/steps/STEP/output',
    '/output/job/JOB/artifacts/0/reports/index.html',
    '/api/private/pipelines?project=SLUG',
  ])('the page document %s is its owner’s [I-068]', async (template) => {
    const { ids, job, slug, owner, stranger } = world
    const url = template
      .replace('PIPELINE', ids.pipeline)
      .replace('WORKFLOW', ids.workflow)
      .replace('JOB', job.id)
      .replace('STEP', ids.step)
      .replace('SLUG', slug)
    const statusFor = async (headers: Record<string, string>) =>
      (await world.server.inject({ method: 'GET', url, headers })).statusCode

    expect([
      await statusFor({ 'circle-token': owner.token }),
      await statusFor({ 'circle-token': stranger.token }),
      await statusFor({}),
    ]).toEqual([200, 404, 401])
  })
})
