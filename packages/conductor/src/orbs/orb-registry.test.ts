import type { User } from '@rondo/model'
import { buildHousehold, type Household, startTestDatabase, type TestDatabase } from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createInlineCompiler } from '../compiler/inline-compiler.ts'
import { createOrbRegistry } from './create-orb-registry.ts'
import { createOrbLookup } from './orb-lookup.ts'
import type { OrbRegistry } from './orb-registry.ts'

let database: TestDatabase
let registry: OrbRegistry
let home: Household
let stranger: User
let administrator: User
let counter = 0

beforeAll(async () => {
  database = await startTestDatabase()
  const { orbs, accounts } = database.store
  registry = createOrbRegistry({
    store: orbs,
    accounts,
    compiler: createInlineCompiler(createOrbLookup(orbs)),
  })
})
beforeEach(async () => {
  home = await buildHousehold(database.store)
  stranger = (await buildHousehold(database.store)).user
  administrator = (await buildHousehold(database.store, { admin: true })).user
})
afterAll(() => database.stop())

const orbSource = (text: string) => `version: 2.1
commands:
  say:
    steps:
      - run: echo ${text}
`

async function buildOrb(options: { readonly private?: boolean } = {}) {
  const namespace = await registry.createNamespace(home.user, `team${++counter}`, home.organization.id)
  const orb = await registry.createOrb(home.user, namespace.id, 'tool', options.private ?? false)
  return { namespace, orb, name: orb.name }
}

const config = (orbs: string) => `version: 2.1
orbs:
${orbs}
jobs:
  build:
    docker: [{ image: "cimg/base:2025.05" }]
    steps: [tool/say]
workflows: { main: { jobs: [build] } }
`

async function compile(source: string, organizationId: string | null = home.organization.id) {
  const compiler = createInlineCompiler(createOrbLookup(database.store.orbs))
  return compiler.compile({ source, pipelineValues: {}, organizationId })
}

describe('publishing', () => {
  test('what is published is what a config gets, by exact version, range and volatile [I-028 L-105]', async () => {
    const { orb, name } = await buildOrb()
    await registry.publish(home.user, { orb, version: '1.0.0', source: orbSource('one') })
    await registry.publish(home.user, { orb, version: '1.1.0', source: orbSource('two') })
    await registry.publish(home.user, { orb, version: 'dev:next', source: orbSource('three') })

    const chosen = await Promise.all(
      ['1.0.0', '1', '1.0', 'volatile', 'dev:next'].map(async (version) => {
        const { plan } = await compile(config(`  tool: ${name}@${version}`))
        return plan?.orbs.map(({ resolved }) => resolved)
      }),
    )

    expect(chosen).toEqual(['1.0.0', '1.1.0', '1.0.0', '1.1.0', 'dev:next'].map((version) => [`${name}@${version}`]))
  })

  test('a source with mistakes is refused with all of them', async () => {
    const { orb } = await buildOrb()
    const source = 'version: 2.1\ncommands:\n  a: { steps: [b] }\n  c: { steps: [d] }\n'

    const refusal = registry.publish(home.user, { orb, version: '1.0.0', source })

    await expect(refusal).rejects.toMatchObject({ code: 'bad-request', message: expect.stringMatching(/orb\.yml:3/) })
    await expect(refusal).rejects.toThrow(/orb\.yml:4/)
  })

  test.each(['1.0', 'v1.0.0', '1.0.0-beta', 'dev:', 'dev:a b', 'latest', ''])('"%s" is no version', async (version) => {
    const { orb } = await buildOrb()

    await expect(registry.publish(home.user, { orb, version, source: orbSource('x') })).rejects.toThrow(
      'is no version of an orb',
    )
  })

  test('the next release is counted from the newest, however many ask at once', async () => {
    const { orb } = await buildOrb()
    const publish = (version: string) => registry.publish(home.user, { orb, version, source: orbSource('x') })

    const first = await publish('minor')
    const others = await Promise.all(['patch', 'patch', 'patch'].map(publish))

    expect(first.version).toBe('0.1.0')
    expect(others.map(({ version }) => version).sort()).toEqual(['0.1.1', '0.1.2', '0.1.3'])
  })

  test('a dev version is promoted with the source it holds at that moment', async () => {
    const { orb, name } = await buildOrb()
    await registry.publish(home.user, { orb, version: 'dev:x', source: orbSource('first') })
    await registry.promote(home.user, orb, 'dev:x', '1.0.0')
    await registry.publish(home.user, { orb, version: 'dev:x', source: orbSource('second') })

    expect((await registry.version(undefined, `${name}@1`))?.version.source).toBe(orbSource('first'))
    expect((await registry.promote(home.user, orb, 'dev:x', 'minor')).version).toBe('1.1.0')
    await expect(registry.promote(home.user, orb, 'dev:none', '1.0.1')).rejects.toMatchObject({ code: 'not-found' })
  })

  test('a range inside an orb is fixed when the orb is published, and does not move later', async () => {
    const inner = await buildOrb()
    const outer = await buildOrb()
    await registry.publish(home.user, { orb: inner.orb, version: '1.0.0', source: orbSource('old') })
    const source = `version: 2.1
orbs: { inner: ${inner.name}@1 }
commands: { say: { steps: [inner/say] } }
`
    await registry.publish(home.user, { orb: outer.orb, version: '1.0.0', source })
    await registry.publish(home.user, { orb: inner.orb, version: '1.0.1', source: orbSource('new') })

    const { output } = await compile(config(`  tool: ${outer.name}@1`))

    expect(output).toContain('echo old')
    expect(output).not.toContain('echo new')
  })

  test('an orb goes on with the dev version it was published with, though that was overwritten', async () => {
    const inner = await buildOrb()
    const outer = await buildOrb()
    await registry.publish(home.user, { orb: inner.orb, version: 'dev:x', source: orbSource('old') })
    const source = `version: 2.1
orbs: { inner: "${inner.name}@dev:x" }
commands: { say: { steps: [inner/say] } }
`
    await registry.publish(home.user, { orb: outer.orb, version: '1.0.0', source })
    await registry.publish(home.user, { orb: inner.orb, version: 'dev:x', source: orbSource('new') })

    expect((await compile(config(`  tool: ${outer.name}@1`))).output).toContain('echo old')
  })
})

test('a reference to nothing says what there is, and where orbs of others come from', async () => {
  const { orb, name } = await buildOrb()
  const told = async (reference: string) =>
    (await compile(config(`  tool: ${reference}`))).problems.map(({ message, hint }) => [message, hint])[0]

  expect(await told(`${name}@2`)).toEqual([
    `Cannot find ${name}@2 in the orb registry.`,
    `No release of ${name} is published yet: rondo orb publish FILE ${name}@1.0.0`,
  ])
  await registry.publish(home.user, { orb, version: '1.0.0', source: orbSource('x') })
  expect((await told(`${name}@2`))?.[1]).toBe(`The newest release is ${name}@1.0.0`)
  expect((await told(`${name}@dev:gone`))?.[1]).toBe(`The newest release is ${name}@1.0.0`)
  expect((await told('nobody/nothing@5'))?.[1]).toContain('rondo orb mirror nobody/nothing@5 --from URL')
})

describe('uncertified orbs of others', () => {
  const setting = 'orbs.uncertified'
  const strict = () =>
    database.store.settings.set({ organizationId: home.organization.id, projectId: null }, setting, 0, null)
  async function problemsOf(source: string, organizationId: string | null = home.organization.id) {
    const lookup = createOrbLookup(database.store.orbs, { settings: database.store.settings })
    const { problems } = await createInlineCompiler(lookup).compile({ source, pipelineValues: {}, organizationId })
    return problems
  }
  async function orbOfOthers(source = orbSource('x')) {
    const namespace = await registry.importNamespace(administrator, `others${++counter}`)
    const orb = await registry.importOrb(administrator, namespace.id, 'tool')
    await registry.importVersion(administrator, { orb, version: '1.0.0', source })
    return { namespace, asked: config(`  tool: ${orb.name}@1`), orb }
  }

  test('are usable until an organisation says no, and then again once they are certified', async () => {
    const { namespace, asked } = await orbOfOthers()
    expect(await problemsOf(asked)).toEqual([])

    await strict()
    expect(await problemsOf(asked)).toMatchObject([
      {
        code: 'orb-not-found',
        message: `The orb ${namespace.name}/tool is not certified, and this organization uses no such orbs of others`,
        hint: expect.stringMatching(
          `rondo orb certify ${namespace.name}.* rondo admin settings orbs.uncertified yes --organization gh/ORG`,
        ),
      },
    ])
    expect(await problemsOf(asked, (await buildHousehold(database.store)).organization.id)).toEqual([])

    await registry.setCertified(administrator, namespace.id, true)
    expect(await problemsOf(asked)).toEqual([])
    await registry.setCertified(administrator, namespace.id, false)
    expect(await problemsOf(asked)).toHaveLength(1)
  })

  test('are not one’s own, nor what a certified orb was published with', async () => {
    const inner = await orbOfOthers()
    const outer = await orbOfOthers(
      `version: 2.1\norbs: { inner: ${inner.orb.name}@1 }\ncommands: { say: { steps: [inner/say] } }\n`,
    )
    await registry.setCertified(administrator, outer.namespace.id, true)
    const own = await buildOrb()
    await registry.publish(home.user, { orb: own.orb, version: '1.0.0', source: orbSource('own') })
    await strict()

    expect(await problemsOf(outer.asked)).toEqual([])
    expect(await problemsOf(config(`  tool: ${own.name}@1`))).toEqual([])
    expect(await problemsOf(inner.asked)).toHaveLength(1)
  })

  test('are certified by administrators of the installation alone, and listed apart', async () => {
    const { namespace } = await orbOfOthers()
    await expect(registry.setCertified(home.user, namespace.id, true)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(registry.setCertified(administrator, home.organization.id, true)).rejects.toMatchObject({
      code: 'not-found',
    })
    const listed = async () =>
      (await database.store.orbs.orbs({ organizations: [], namespaceId: namespace.id, certified: true }, { limit: 9 }))
        .total

    expect(await listed()).toBe(0)
    await registry.setCertified(administrator, namespace.id, true)
    expect(await listed()).toBe(1)
  })
})

describe('who may', () => {
  test('members publish dev versions, and only administrators of the organisation releases', async () => {
    const { orb, namespace } = await buildOrb()
    const { accounts } = database.store
    await accounts.setMember(home.organization.id, stranger.id, 'writer')
    const publish = (version: string) => registry.publish(stranger, { orb, version, source: orbSource('x') })

    expect((await publish('dev:mine')).version).toBe('dev:mine')
    for (const refused of [
      () => publish('1.0.0'),
      () => registry.promote(stranger, orb, 'dev:mine', '1.0.0'),
      () => registry.createOrb(stranger, namespace.id, 'other', false),
      () => registry.setListed(stranger, orb, false),
      () => registry.renameNamespace(stranger, namespace.id, 'other'),
      () => registry.deleteNamespace(stranger, namespace.id),
    ])
      await expect(refused()).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('a private orb does not exist for strangers, and does not compile for other organisations', async () => {
    const { orb, name } = await buildOrb({ private: true })
    await registry.publish(home.user, { orb, version: '1.0.0', source: orbSource('x') })

    expect(await registry.orb(stranger, name)).toBeUndefined()
    expect(await registry.version(undefined, `${name}@1`)).toBeUndefined()
    expect((await registry.version(home.user, `${name}@1`))?.version.version).toBe('1.0.0')
    const asked = config(`  tool: ${name}@1`)
    expect((await compile(asked)).plan).toBeDefined()
    for (const other of [null, (await buildHousehold(database.store)).organization.id])
      expect((await compile(asked, other)).problems.map(({ code }) => code)).toContain('orb-not-found')
  })

  test('only administrators of the installation import', async () => {
    await expect(registry.importNamespace(home.user, 'circleci')).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('importing', () => {
  async function importedOrb(name: string) {
    const namespace = await registry.importNamespace(administrator, `upstream${++counter}`)
    return registry.importOrb(administrator, namespace.id, name)
  }

  test('the same again changes nothing; another content under the same version is a conflict', async () => {
    const orb = await importedOrb('tool')
    const request = { orb, version: '1.0.0', source: orbSource('x') }
    const first = await registry.importVersion(administrator, request)

    expect((await registry.importVersion(administrator, request)).id).toBe(first.id)
    await expect(registry.importVersion(administrator, { ...request, source: orbSource('y') })).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  test('several who import the same at the same time all find it there', async () => {
    const name = `common${++counter}`
    const bring = async () => {
      const namespace = await registry.importNamespace(administrator, name)
      const orb = await registry.importOrb(administrator, namespace.id, 'tool')
      return registry.importVersion(administrator, { orb, version: '1.0.0', source: orbSource('x') })
    }

    const ids = (await Promise.all(Array.from({ length: 8 }, bring))).map(({ id }) => id)

    expect(new Set(ids).size).toBe(1)
  })

  test('an orb may arrive before the orbs it imports', async () => {
    const outer = await importedOrb('outer')
    const inner = await importedOrb('inner')
    const source = `version: 2.1
orbs: { inner: ${inner.name}@1 }
commands: { say: { steps: [inner/say] } }
`
    await registry.importVersion(administrator, { orb: outer, version: '1.0.0', source })
    expect((await compile(config(`  tool: ${outer.name}@1`))).problems.map(({ code }) => code)).toContain(
      'orb-not-found',
    )

    await registry.importVersion(administrator, { orb: inner, version: '1.0.0', source: orbSource('late') })

    expect((await compile(config(`  tool: ${outer.name}@1`))).output).toContain('echo late')
  })

  test('an orb with a mistake comes in, and configs are told where they use it; it cannot be published here', async () => {
    const mistake = '  odd: { steps: [{ when: null, condition: true, steps: [checkout] }] }\n'
    const source = `version: 2.1\ncommands:\n  say: { steps: [run: echo said] }\n${mistake}`
    const orb = await importedOrb('tool')
    const own = await buildOrb()

    await registry.importVersion(administrator, { orb, version: '1.0.0', source })

    const asked = config(`  tool: ${orb.name}@1`)
    expect((await compile(asked)).output).toContain('echo said')
    expect((await compile(asked.replace('tool/say', 'tool/odd'))).problems.map(({ code }) => code)).toContain(
      'step-shape',
    )
    await expect(registry.publish(home.user, { orb: own.orb, version: '1.0.0', source })).rejects.toMatchObject({
      code: 'bad-request',
    })
  })

  test('an orb keeps the versions of its imports that come with it, also once there are newer ones', async () => {
    const [outer, inner] = [await importedOrb('outer'), await importedOrb('inner')]
    const reference = `${inner.name}@1`
    const source = `version: 2.1\norbs: { inner: ${reference} }\ncommands: { say: { steps: [inner/say] } }\n`
    const bring = async (version: string, text: string) =>
      registry.importVersion(administrator, { orb: inner, version, source: orbSource(text) })
    await bring('1.0.0', 'old')
    await bring('1.1.0', 'new')

    const imports = [{ reference, resolved: `${inner.name}@1.0.0` }]
    await registry.importVersion(administrator, { orb: outer, version: '1.0.0', source, imports })
    await registry.importVersion(administrator, { orb: outer, version: '1.0.1', source })

    expect((await compile(config(`  tool: ${outer.name}@1.0.0`))).output).toContain('echo old')
    expect((await compile(config(`  tool: ${outer.name}@1.0.1`))).output).toContain('echo new')
  })

  test('a namespace of an organisation here is not mixed with one of elsewhere', async () => {
    const { namespace } = await buildOrb()

    await expect(registry.importNamespace(administrator, namespace.name)).rejects.toMatchObject({ code: 'conflict' })
  })
})
