import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let admin: string
let orbId: string

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  const { accounts } = engine.database.store
  admin = await web.token(await accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true }))
  const space = await ask('mutation{importNamespace(name:"acme"){namespace{id} errors{message}}}')
  const orb = await ask(
    'mutation($id:UUID!){importOrb(registryNamespaceId:$id,name:"outer"){orb{id} errors{message}}}',
    { id: space.importNamespace.namespace.id },
  )
  orbId = orb.importOrb.orb.id
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

interface Imported {
  readonly orb: { readonly version: string } | null
  readonly errors: readonly { readonly type: string; readonly message: string }[]
}

interface Data {
  readonly importNamespace: { readonly namespace: { readonly id: string } }
  readonly importOrb: { readonly orb: { readonly id: string } }
  readonly importOrbVersion: Imported
  readonly orbVersion: { readonly version: string } | null
}

async function ask(query: string, variables: object = {}, token = admin): Promise<Data> {
  const { body } = await web.request(token, 'POST', '/graphql-unstable', { query, variables })
  return (body as unknown as { readonly data: Data }).data
}

const source = 'version: 2.1\norbs: {inner: acme/inner@1}\ncommands: {say: {steps: [inner/say]}}\n'

async function importVersion(version: string, imports: unknown, orbYaml = source, token = admin) {
  const { importOrbVersion } = await ask(
    `mutation($orbId:UUID!,$orbYaml:String!,$version:String!,$imports:[OrbImportInput!]){
      importOrbVersion(orbId:$orbId,orbYaml:$orbYaml,version:$version,imports:$imports){orb{version} errors{type message}}}`,
    { orbId, orbYaml, version, imports },
    token,
  )
  return importOrbVersion
}

describe('importOrbVersion', () => {
  test.each([
    ['a range instead of a version', [{ reference: 'acme/inner@1', resolved: 'acme/inner@1.2' }]],
    ['another orb', [{ reference: 'acme/inner@1', resolved: 'acme/other@1.2.3' }]],
    ['no version at all', [{ reference: 'acme/inner@1', resolved: 'acme/inner' }]],
    ['what is no reference', [{ reference: 'inner', resolved: 'acme/inner@1.2.3' }]],
    ['the newest', [{ reference: 'acme/inner@1', resolved: 'acme/inner@volatile' }]],
  ])('refuses imports that stand for %s, naming both, and keeps nothing', async (_what, imports) => {
    const { orb, errors } = await importVersion('1.0.0', imports)

    expect(orb).toBeNull()
    expect(errors).toEqual([
      {
        type: 'bad-request',
        message: `imports: "${imports[0]!.reference}" cannot stand for "${imports[0]!.resolved}". Give an exact version of the same orb.`,
      },
    ])
    expect((await ask('{orbVersion(orbVersionRef:"acme/outer@1.0.0"){version}}')).orbVersion).toBeNull()
  })

  test('refuses more imports than an orb can have', async () => {
    const imports = Array.from({ length: 201 }, (_, n) => ({
      reference: `acme/o${n}@1`,
      resolved: `acme/o${n}@1.0.0`,
    }))

    expect((await importVersion('1.0.0', imports)).errors).toEqual([
      { type: 'bad-request', message: 'imports holds 201 orbs; at most 200 are allowed.' },
    ])
  })

  test('takes exact versions of the same orbs, those of development too, and none', async () => {
    const pinned = [{ reference: 'acme/inner@1', resolved: 'acme/inner@1.2.3' }]
    const dev = [{ reference: 'acme/inner@1', resolved: 'acme/inner@dev:first' }]

    for (const [version, imports] of [
      ['1.0.0', pinned],
      ['1.0.1', dev],
      ['1.0.2', null],
    ] as const)
      expect(await importVersion(version, imports)).toEqual({ orb: { version }, errors: [] })
  })

  test('takes a mistake in what a config may never use, and refuses what is no orb at all', async () => {
    const odd = 'version: 2.1\ncommands: {say: {steps: [nosuch]}}'

    expect(await importVersion('2.0.0', null, odd)).toEqual({ orb: { version: '2.0.0' }, errors: [] })
    expect((await importVersion('2.0.1', null, 'commands: [')).errors).toMatchObject([{ type: 'bad-request' }])
    expect((await importVersion('2.0.1', null, `${odd}\nworkflows: {}`)).errors).toMatchObject([
      { message: expect.stringContaining("An orb may not have 'workflows'") },
    ])
  })

  test('is for administrators of the installation alone', async () => {
    const token = await web.token((await engine.home()).user)

    expect((await importVersion('3.0.0', null, source, token)).errors).toMatchObject([{ type: 'forbidden' }])
  })
})
