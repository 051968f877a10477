import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { Compile } from 'typebox/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ownersNames } from '../../testing/owners-names.ts'
import { addressOf, type WalkedRoute, type WalkValues, walkRoutes } from '../../testing/walk.ts'
import { oneSpelling } from './compare-routes.ts'
import { type ReferenceOperation, readReference, type Schema } from './reference.ts'

let world: ApiWorld
let values: WalkValues
let reference: ReadonlyMap<string, ReferenceOperation>

beforeAll(async () => {
  world = await startApiWorld()
  const { params, query } = ownersNames(world)
  values = { params: { ...params, 'user-id': world.owner.user.id }, query }
  reference = new Map([...readReference()].map(([name, operation]) => [oneSpelling(name), operation]))
  const variable = { name: 'TOKEN', sealed: Buffer.alloc(1), hint: 'x' }
  await world.ports.secrets.setProjectVariable(world.owner.project.id, variable)
  await world.ports.secrets.setContextVariable(world.ids.context, variable)
})

afterAll(() => world.stop())

const reads = () => walkRoutes(world.ports, world.publicUrl).filter(({ route }) => route.method === 'GET')

/** `{id}` is a workflow for all but one. */
function addressFor(walked: WalkedRoute): string {
  return walked.route.path === '/user/{id}' ? `${walked.base}/user/${world.owner.user.id}` : addressOf(walked, values)
}

function misfits(schema: Schema, answer: unknown): readonly string[] {
  const [, errors] = Compile(schema as object).Errors(answer)
  return errors.map((error) => `${error.instancePath} ${error.message}`)
}

/** The reference forbids what it does not know; our one field more stands among the known differences. */
function withoutOurs(name: string, value: unknown): unknown {
  return name === 'autocancel_default_branch' ? undefined : value
}

test('every read answers what its own schema says [I-071]', async () => {
  const found = await Promise.all(
    reads().map(async (walked) => {
      const answer = await world.server.inject({
        method: 'GET',
        url: addressFor(walked),
        headers: { 'circle-token': world.owner.token },
      })
      return { name: walked.name, status: answer.statusCode, misfits: misfits(walked.route.answer, answer.json()) }
    }),
  )

  expect(found.length).toBeGreaterThan(30)
  expect(found.filter(({ status, misfits }) => status !== 200 || misfits.length > 0)).toEqual([])
})

test('every read of API v2 answers what the reference says, but for the nulls of what has not happened yet', async () => {
  const found = await Promise.all(
    reads()
      .filter(({ base }) => base === '/api/v2')
      .map(async (walked) => {
        const schema = reference.get(`GET ${walked.route.path}`)?.responses['200']
        const answer = await world.server.inject({
          method: 'GET',
          url: addressFor(walked),
          headers: { 'circle-token': world.owner.token },
        })
        const found = schema === undefined ? [] : misfits(schema, JSON.parse(answer.payload, withoutOurs))
        return { name: walked.name, misfits: found.filter((misfit) => !misfit.endsWith('started_at must be string')) }
      }),
  )

  expect(found.filter(({ misfits }) => misfits.length > 0)).toEqual([])
})

test('a refusal is always a message', async () => {
  const refused = reads()
    .filter(({ open }) => !open)
    .map(async (walked) => (await world.server.inject({ method: 'GET', url: addressFor(walked) })).json())

  for (const answer of await Promise.all(refused)) expect(Object.keys(answer)).toEqual(['message'])
})
