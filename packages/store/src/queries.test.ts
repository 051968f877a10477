import { randomBytes } from 'node:crypto'
import type { RequestKey } from '@rondo/model'
import {
  buildHousehold,
  buildJob,
  buildRevision,
  buildWorkflow,
  type Household,
  startTestDatabase,
  type TestDatabase,
} from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createStore, type Store } from './store.ts'

let database: TestDatabase
let store: Store
let home: Household

beforeAll(async () => {
  database = await startTestDatabase()
  store = database.store
})

beforeEach(async () => {
  home = await buildHousehold(store)
})

afterAll(() => database.stop())

describe('pages of pipelines', () => {
  test('following the tokens shows every pipeline once, newest first, also when new ones are added meanwhile [I-071]', async () => {
    for (let count = 0; count < 7; count++) await buildWorkflow(store, home.project, [buildJob()])

    const first = await store.queries.pipelines({ projectId: home.project.id }, { limit: 3 })
    await buildWorkflow(store, home.project, [buildJob()])
    const second = await store.queries.pipelines({ projectId: home.project.id }, { limit: 3, token: first.next! })
    const third = await store.queries.pipelines({ projectId: home.project.id }, { limit: 3, token: second.next! })

    const numbers = [first, second, third].map((page) => page.items.map((pipeline) => pipeline.number))
    expect(numbers).toEqual([[7, 6, 5], [4, 3, 2], [1]])
    expect(third.next).toBeNull()
  })

  test('a last page that is full has no next page', async () => {
    for (let count = 0; count < 2; count++) await buildWorkflow(store, home.project, [buildJob()])

    expect((await store.queries.pipelines({ projectId: home.project.id }, { limit: 2 })).next).toBeNull()
  })

  test.each(['', 'x', "' or true --", '0'.repeat(36), '-'.repeat(36)])('%j is no page token', async (token) => {
    await expect(store.queries.pipelines({}, { limit: 3, token })).rejects.toMatchObject({ code: 'bad-request' })
  })

  test('a branch, a person and what a user may see narrow the list [I-068]', async () => {
    const other = await buildHousehold(store)
    await buildWorkflow(store, home.project, [buildJob()], {
      git: buildRevision({ branch: 'dev' }),
      triggeredBy: home.user.id,
    })
    await buildWorkflow(store, home.project, [buildJob()])
    await buildWorkflow(store, other.project, [buildJob()])
    const count = async (filter: Parameters<Store['queries']['pipelines']>[0]) =>
      (await store.queries.pipelines(filter, { limit: 50 })).items.length

    expect(await count({ projectId: home.project.id, branch: 'dev' })).toBe(1)
    expect(await count({ triggeredBy: home.user.id })).toBe(1)
    expect(await count({ visibleTo: home.user.id })).toBe(2)
    expect(await count({ organizationId: home.organization.id, visibleTo: other.user.id })).toBe(0)
  })
})

describe('pipeline numbers', () => {
  test('triggers at the same time get numbers of their own, one after the other [I-032]', async () => {
    const reserved = await Promise.all(Array.from({ length: 10 }, () => store.engine.reservePipeline(home.project.id)))

    expect(reserved.map((entry) => entry.number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, at) => at + 1),
    )
    expect(new Set(reserved.map((entry) => entry.id)).size).toBe(10)
  })

  test('requests with one key get one number, whichever server they come to, and leave no hole; other keys and projects get their own [I-032]', async () => {
    const [own, other] = [await buildHousehold(store), await buildHousehold(store)]
    const second = createStore({ connectionString: database.connectionString, connections: 4 })
    const servers = [store, second]
    const key = { scope: own.user.id, key: 'k', fingerprint: 'f' }
    const ask = (projectId: string, once?: RequestKey) =>
      servers.flatMap(({ engine }) => [
        engine.reservePipeline(projectId, once),
        engine.reservePipeline(projectId, once),
      ])

    const same = await Promise.all([...ask(own.project.id, key), ...ask(other.project.id, key)])
    const plain = await Promise.all(ask(own.project.id))
    const [later] = await Promise.all(ask(own.project.id, { ...key, key: 'l' }))
    await second.close()

    expect(same.map(({ number }) => number)).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
    expect([new Set(same.slice(0, 4).map(({ id }) => id)).size, new Set(same.map(({ id }) => id)).size]).toEqual([1, 2])
    expect(plain.map(({ number }) => number).sort()).toEqual([2, 3, 4, 5])
    expect(later!.number).toBe(6)
  })
})

describe('tokens and sessions', () => {
  test('a token is found by its hash until it is deleted, by its owner only [I-072]', async () => {
    const other = await buildHousehold(store)
    const hash = randomBytes(32)
    const token = await store.accounts.addToken({ userId: home.user.id, label: 'laptop', hash })

    expect((await store.accounts.userByTokenHash(hash))?.id).toBe(home.user.id)
    expect((await store.accounts.tokensOf(home.user.id))[0]?.lastUsedAt).toBeInstanceOf(Date)
    expect(await store.accounts.userByTokenHash(randomBytes(32))).toBeUndefined()
    expect(await store.accounts.deleteToken(token.id, other.user.id)).toBe(false)
    expect(await store.accounts.deleteToken(token.id, home.user.id)).toBe(true)
    expect(await store.accounts.userByTokenHash(hash)).toBeUndefined()
  })

  test('a session ends at its expiry and at logout [I-067]', async () => {
    const [valid, expired] = [randomBytes(32), randomBytes(32)]
    await store.accounts.addSession({ userId: home.user.id, hash: valid, expiresAt: new Date(Date.now() + 60_000) })
    await store.accounts.addSession({ userId: home.user.id, hash: expired, expiresAt: new Date(Date.now() - 1) })

    expect((await store.accounts.userBySessionHash(valid))?.id).toBe(home.user.id)
    expect(await store.accounts.userBySessionHash(expired)).toBeUndefined()
    await store.accounts.deleteSession(valid)
    expect(await store.accounts.userBySessionHash(valid)).toBeUndefined()
  })
})

describe('names', () => {
  test('a name that is taken is a conflict that says so', async () => {
    await expect(
      store.accounts.createProject({ organizationId: home.organization.id, name: 'app', defaultBranch: 'main' }),
    ).rejects.toMatchObject({ code: 'conflict' })
    await expect(
      store.accounts.createUser({ login: home.user.login, name: '', passwordHash: null, admin: false }),
    ).rejects.toMatchObject({ code: 'conflict' })
    await store.secrets.createContext(home.organization.id, 'deploy')
    await expect(store.secrets.createContext(home.organization.id, 'deploy')).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  test('a text that PostgreSQL cannot hold is refused as a bad request', async () => {
    await expect(store.accounts.projectByName('github', 'a\0b', 'c')).rejects.toMatchObject({ code: 'bad-request' })
  })

  test('a context keeps its variables to itself and takes them with it [I-060]', async () => {
    const [one, two] = [
      await store.secrets.createContext(home.organization.id, 'one'),
      await store.secrets.createContext(home.organization.id, 'two'),
    ]
    const secret = { name: 'TOKEN', sealed: Buffer.from('sealed'), hint: '' }
    await store.secrets.setContextVariable(one.id, secret)
    await store.secrets.setContextVariable(one.id, { ...secret, sealed: Buffer.from('again') })

    expect((await store.secrets.contextVariables(one.id)).map((entry) => entry.sealed.toString())).toEqual(['again'])
    expect(await store.secrets.contextVariables(two.id)).toEqual([])
    expect(await store.secrets.deleteContext(one.id)).toBe(true)
    expect(await store.secrets.contextVariables(one.id)).toEqual([])
  })
})
