import { createHash } from 'node:crypto'
import { nextRelease, type OrbResolution, type Plan } from '@rondo/model'
import { buildHousehold, buildRevision, type Household, startTestDatabase, type TestDatabase } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from './store.ts'

let database: TestDatabase
let store: Store
let home: Household
let counter = 0

beforeAll(async () => {
  database = await startTestDatabase()
  store = database.store
})
beforeEach(async () => {
  home = await buildHousehold(store)
})
afterAll(() => database.stop())

const digestOf = (source: string) => createHash('sha256').update(source).digest('hex')

async function buildOrb(options: { readonly private?: boolean; readonly name?: string } = {}) {
  const namespace = await store.orbs.createNamespace(
    { name: `ns${++counter}`, organizationId: home.organization.id },
    home.user.id,
  )
  const orb = await store.orbs.createOrb(
    {
      namespaceId: namespace.id,
      name: options.name ?? 'tool',
      private: options.private ?? false,
    },
    home.user.id,
  )
  const draft = (source: string) => ({
    orbId: orb.id,
    source,
    digest: digestOf(source),
    imports: [],
    publishedBy: home.user.id,
  })
  const release = (version: string, source = `description: ${version}\n`) =>
    store.orbs.addRelease({ ...draft(source), version })
  return { namespace, orb, draft, release }
}

describe('versions', () => {
  test.each([
    [{ kind: 'release' }, '2.0.0'],
    [{ kind: 'release', major: 1 }, '1.10.0'],
    [{ kind: 'release', major: 1, minor: 2 }, '1.2.10'],
    [{ kind: 'release', major: 1, minor: 2, patch: 9 }, '1.2.9'],
    [{ kind: 'release', major: 3 }, undefined],
  ] as const)('%j is the newest that fits', async (wanted, version) => {
    const { orb, release } = await buildOrb()
    for (const name of ['1.10.0', '1.2.10', '2.0.0', '1.2.9']) await release(name)

    expect((await store.orbs.version(orb.id, wanted))?.version).toBe(version)
  })

  test('a release never changes: publishing it again is a conflict, and its source stays', async () => {
    const { orb, release } = await buildOrb()
    await release('1.0.0', 'description: first\n')

    await expect(release('1.0.0', 'description: second\n')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Version 1.0.0 is published already'),
    })
    expect(await store.orbs.version(orb.id, { kind: 'release' })).toMatchObject({
      source: 'description: first\n',
      digest: digestOf('description: first\n'),
    })
  })

  test('a dev version is overwritten, and its 90 days begin anew', async () => {
    const { orb, draft } = await buildOrb()
    await store.orbs.putDevVersion({ ...draft('a: 1\n'), version: 'dev:x' })
    const again = await store.orbs.putDevVersion({ ...draft('a: 2\n'), version: 'dev:x' })

    const days = (again.expiresAt!.getTime() - again.createdAt.getTime()) / 86_400_000
    expect(days).toBe(90)
    expect(await store.orbs.version(orb.id, { kind: 'dev', version: 'dev:x' })).toMatchObject({ source: 'a: 2\n' })
    expect(await store.orbs.releases(orb.id)).toEqual([])
  })

  test('a dev version that expired is gone from every answer, and its content is not', async () => {
    const { orb, draft } = await buildOrb()
    const version = await store.orbs.putDevVersion({ ...draft('a: 3\n'), version: 'dev:old' })

    const sql = new pg.Client(database.connectionString)
    await sql.connect()
    await sql.query(`update orb_versions set expires_at = now() - interval '1 second' where id = $1`, [version.id])

    expect(await store.orbs.version(orb.id, { kind: 'dev', version: 'dev:old' })).toBeUndefined()
    expect(await store.orbs.devVersions(orb.id)).toEqual([])
    expect([await store.orbs.dropExpired(100), await store.orbs.dropExpired(100)]).toEqual([1, 0])
    const facts = await sql.query(`select data from events where kind = 'orb.changed' and data->>'expired' = 'dev:old'`)
    await sql.end()
    expect(facts.rows).toMatchObject([{ data: { orb: orb.name } }])
    expect(await store.orbs.source(digestOf('a: 3\n'))).toBe('a: 3\n')
    expect(await store.orbs.putDevVersion({ ...draft('a: 4\n'), version: 'dev:old' })).toBeDefined()
  })

  test('ten increments at the same time get ten numbers', async () => {
    const { orb, draft } = await buildOrb()

    await Promise.all(
      Array.from({ length: 10 }, () =>
        store.orbs.addNextRelease(draft('a: 1\n'), (newest) => nextRelease(newest, 'patch')),
      ),
    )

    const versions = (await store.orbs.releases(orb.id)).map(({ version }) => version)
    expect(versions).toEqual(['0.0.10', ...[9, 8, 7, 6, 5, 4, 3, 2, 1].map((patch) => `0.0.${patch}`)])
  })
})

describe('namespaces', () => {
  test('a renamed namespace answers to both names, and the old one cannot be taken', async () => {
    const { namespace, orb } = await buildOrb()
    await store.orbs.renameNamespace(namespace.id, `${namespace.name}-new`, null)

    expect((await store.orbs.orb(`${namespace.name}/tool`))?.name).toBe(`${namespace.name}-new/tool`)
    expect((await store.orbs.orb(`${namespace.name}-new/tool`))?.id).toBe(orb.id)
    await expect(
      store.orbs.createNamespace({ name: namespace.name, organizationId: null }, null),
    ).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await store.orbs.deleteNamespaceAlias(namespace.name, null)).toBe(true)
    expect(await store.orbs.orb(`${namespace.name}/tool`)).toBeUndefined()
  })

  test('a namespace can be renamed back', async () => {
    const { namespace } = await buildOrb()
    await store.orbs.renameNamespace(namespace.id, `${namespace.name}-new`, null)

    expect((await store.orbs.renameNamespace(namespace.id, namespace.name, null))?.name).toBe(namespace.name)
  })

  test('a deleted namespace takes its orbs with it', async () => {
    const { namespace, release } = await buildOrb()
    await release('1.0.0')

    expect(await store.orbs.deleteNamespace(namespace.id, null)).toBe(true)
    expect(await store.orbs.orb(`${namespace.name}/tool`)).toBeUndefined()
  })
})

describe('lists', () => {
  test('a private orb is in the list of its organisation and of no other', async () => {
    const { namespace } = await buildOrb({ private: true })
    const other = await buildHousehold(store)
    const seenBy = async (organizations: readonly string[] | 'all') =>
      (await store.orbs.orbs({ organizations, namespaceId: namespace.id }, { limit: 10 })).total

    expect([await seenBy([home.organization.id]), await seenBy([other.organization.id]), await seenBy([])]).toEqual([
      1, 0, 0,
    ])
    expect(await seenBy('all')).toBe(1)
  })

  test('an unlisted orb is found by its name alone', async () => {
    const { namespace, orb } = await buildOrb()
    await store.orbs.setListed(orb.id, false, null)

    const list = { organizations: 'all', namespaceId: namespace.id } as const
    expect((await store.orbs.orbs(list, { limit: 10 })).total).toBe(0)
    expect((await store.orbs.orbs({ ...list, unlisted: true }, { limit: 10 })).total).toBe(1)
    expect((await store.orbs.orb(`${namespace.name}/tool`))?.listed).toBe(false)
  })

  test('pages go on after the last name', async () => {
    const { namespace } = await buildOrb()
    for (const name of ['a', 'b', 'c'])
      await store.orbs.createOrb({ namespaceId: namespace.id, name, private: false }, null)

    const filter = { organizations: [], namespaceId: namespace.id }
    const first = await store.orbs.orbs(filter, { limit: 3 })
    const second = await store.orbs.orbs(filter, { limit: 3, after: first.items.at(-1)!.name })

    expect([first, second].map((page) => page.items.map(({ name }) => name.split('/')[1]))).toEqual([
      ['a', 'b', 'c'],
      ['tool'],
    ])
    expect([first.hasMore, second.hasMore, second.total]).toEqual([true, false, 4])
  })

  test('an orb has two categories at most, and the same one twice is one', async () => {
    const { orb } = await buildOrb()
    const [one, two, three] = await store.orbs.categories()
    for (const category of [one, two, two]) await store.orbs.addCategory(orb.id, category!.id, null)

    expect((await store.orbs.categoriesOf(orb.id)).map(({ id }) => id)).toEqual([one!.id, two!.id])
    await expect(store.orbs.addCategory(orb.id, three!.id, null)).rejects.toMatchObject({ code: 'conflict' })
  })
})

test('what a pipeline was compiled with is kept, and counted', async () => {
  const { namespace, release } = await buildOrb()
  const { digest } = await release('1.0.0')
  const name = `${namespace.name}/tool`
  const orbs: OrbResolution[] = [{ reference: `${name}@1`, resolved: `${name}@1.0.0`, digest }]

  for (let times = 0; times < 2; times++) {
    const { id, number } = await store.engine.reservePipeline(home.project.id)
    await store.engine.transact((tx) =>
      tx.createPipeline({
        id,
        number,
        projectId: home.project.id,
        state: 'created',
        errors: [],
        warnings: [],
        trigger: 'api',
        triggeredBy: null,
        git: buildRevision(),
        parameters: {},
        config: { source: '', compiled: '', plan: { orbs } as unknown as Plan },
      }),
    )
  }

  expect(await store.orbs.statistics(name)).toEqual({ builds: 2, projects: 1, organizations: 1 })
})

test('every change is told with who made it, and a refused one is not', async () => {
  const { namespace, orb, release, draft } = await buildOrb()
  const { digest } = await release('1.0.0')
  await expect(release('1.0.0', 'other: 1\n')).rejects.toMatchObject({ code: 'conflict' })
  await store.orbs.putDevVersion({ ...draft('a: 1\n'), version: 'dev:x' })
  await store.orbs.setListed(orb.id, false, home.user.id)
  await store.orbs.deleteNamespace(namespace.id, home.user.id)

  const sql = new pg.Client(database.connectionString)
  await sql.connect()
  const { rows } = await sql.query(
    'select kind, actor_id as actor, data from events where organization_id = $1 order by id',
    [home.organization.id],
  )
  await sql.end()

  const name = `${namespace.name}/tool`
  expect(rows.every(({ actor }) => actor === home.user.id)).toBe(true)
  expect(rows.map(({ kind, data }) => [kind, data])).toEqual([
    ['namespace.created', { namespace: namespace.name }],
    ['orb.created', { orb: name, private: false }],
    ['orb.published', { orb: name, version: '1.0.0', digest }],
    ['orb.published', { orb: name, version: 'dev:x', digest: digestOf('a: 1\n') }],
    ['orb.changed', { orb: name, listed: false }],
    ['namespace.deleted', { namespace: namespace.name }],
  ])
})
