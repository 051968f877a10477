import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
/** Of the installation's administrator, of the organisation's, and of somebody else. */
let root: string
let owner: string
let stranger: string
let organizationId: string

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  const { accounts } = engine.database.store
  root = await web.token(await accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true }))
  const [home, other] = [await engine.home(), await engine.home()]
  owner = await web.token(home.user)
  stranger = await web.token(other.user)
  organizationId = home.organization.id
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

type Errors = readonly { readonly type: string }[]

async function ask<Data>(token: string, query: string, variables: object = {}): Promise<Data> {
  const { body } = await web.request(token, 'POST', '/graphql-unstable', { query, variables })
  return (body as unknown as { readonly data: Data }).data
}

/** A change as the official command line sends it; answers its payload. */
async function change(token: string, name: string, args: string, answer: string, variables: object) {
  const query = `mutation(${args}){${name}(${args.replace(/\$(\w+): \w+!/g, '$1: $$$1')}){${answer} errors{message type}}}`
  return (
    await ask<Record<string, { errors: Errors; namespace?: { id: string }; deleted?: boolean }>>(
      token,
      query,
      variables,
    )
  )[name]!
}

const create = (token: string, name: string) =>
  change(token, 'createNamespace', '$name: String!, $organizationId: UUID!', 'namespace{id}', { name, organizationId })
const rename = (token: string, namespaceId: string, newName: string) =>
  change(token, 'renameNamespace', '$namespaceId: UUID!, $newName: String!', 'namespace{id}', { namespaceId, newName })
const endAlias = (token: string, name: string) =>
  change(token, 'deleteNamespaceAlias', '$name: String!', 'deleted', { name })
const remove = (token: string, namespaceId: string) =>
  change(token, 'deleteNamespaceAndRelatedOrbs', '$namespaceId: UUID!', 'deleted', { namespaceId })
const found = async (name: string) =>
  (
    await ask<{ registryNamespace: object | null }>(root, 'query($name: String){registryNamespace(name:$name){id}}', {
      name,
    })
  ).registryNamespace !== null

test('a namespace is made, renamed and deleted by those who may, and its old name stays until it is given up [I-073]', async () => {
  expect((await create(stranger, 'first')).errors).toMatchObject([{ type: 'forbidden' }])
  const made = await create(owner, 'first')
  const id = made.namespace!.id
  expect((await create(owner, 'first')).errors).toMatchObject([{ type: 'conflict' }])
  expect((await create(owner, 'First')).errors).toMatchObject([{ type: 'bad-request' }])

  expect((await rename(stranger, id, 'second')).errors).toMatchObject([{ type: 'forbidden' }])
  expect(await rename(owner, id, 'second')).toEqual({ namespace: { id }, errors: [] })
  expect([await found('first'), await found('second')]).toEqual([true, true])
  expect((await create(owner, 'first')).errors).toMatchObject([{ type: 'conflict' }])

  expect((await endAlias(owner, 'first')).errors).toMatchObject([{ type: 'forbidden' }])
  expect(await endAlias(root, 'first')).toEqual({ deleted: true, errors: [] })
  expect(await endAlias(root, 'first')).toMatchObject({ deleted: false, errors: [{ type: 'not-found' }] })
  expect([await found('first'), await found('second')]).toEqual([false, true])

  expect((await remove(owner, id)).errors).toMatchObject([{ type: 'forbidden' }])
  expect(await remove(root, id)).toEqual({ deleted: true, errors: [] })
  expect(await found('second')).toBe(false)
})
