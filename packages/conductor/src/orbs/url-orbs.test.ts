import { AppError, type RemoteTexts } from '@rondo/model'
import { buildHousehold, type Household, startTestDatabase, type TestDatabase } from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createInlineCompiler } from '../compiler/inline-compiler.ts'
import { createOrbLookup } from './orb-lookup.ts'

const prefix = 'https://orbs.example/team/'
const orb = (says: string, orbs = '{}') =>
  `version: 2.1\norbs: ${orbs}\ncommands: { say: { steps: [run: echo ${says}] } }\n`
const config = (url: string) => `version: 2.1
orbs: { tool: "${url}" }
jobs:
  build: { docker: [{ image: a }], steps: [tool/say] }
`

let database: TestDatabase
let home: Household
let pages: Record<string, string>
let reads: string[]

beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.stop())

beforeEach(async () => {
  home = await buildHousehold(database.store)
  await database.store.urlOrbs.addPrefix(home.organization.id, { name: 'ours', prefix })
  pages = {}
  reads = []
})

const texts: RemoteTexts = {
  async read(url) {
    reads.push(url)
    const page = pages[url]
    if (page === undefined) throw new AppError('bad-request', 'the answer is 404')
    return page
  },
}

async function compile(source: string, organizationId: string | null = home.organization.id) {
  const lookup = createOrbLookup(database.store.orbs, { urls: { store: database.store.urlOrbs, texts } })
  const { output, plan, problems } = await createInlineCompiler(lookup).compile({
    source,
    pipelineValues: {},
    organizationId,
  })
  return { output, orbs: plan?.orbs, errors: problems.map(({ code, message }) => `${code}: ${message}`) }
}

describe('an orb at an address', () => {
  test('is used from where the organization allows, and named with its digest', async () => {
    const url = `${prefix}one.yml`
    pages[url] = orb('from-afar')

    const { output, orbs } = await compile(config(url))

    expect(output).toContain('echo from-afar')
    expect(output).toMatch(/^version: 2\n/)
    expect(orbs).toEqual([{ reference: url, resolved: url, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }])
    expect(await database.store.orbs.source(orbs![0]!.digest)).toBe(orb('from-afar'))
  })

  test('is read again only after five minutes', async () => {
    const url = `${prefix}cached.yml`
    pages[url] = orb('first')
    await compile(config(url))
    pages[url] = orb('second')

    expect((await compile(config(url))).output).toContain('echo first')
    expect(reads).toEqual([url])
    expect(await database.store.urlOrbs.recent(url, 0)).toBeUndefined()
  })

  test('may use orbs of the registry and of other addresses, five deep', async () => {
    const at = (depth: number) => `${prefix}deep-${depth}.yml`
    for (let depth = 1; depth <= 6; depth++) {
      const below = `{ next: "${at(depth + 1)}" }`
      pages[at(depth)] = orb('x', below).replace('run: echo x', depth === 6 ? 'run: echo bottom' : 'next/say')
    }

    expect((await compile(config(at(2)))).output).toContain('echo bottom')
    expect((await compile(config(at(1)))).errors).toEqual(['limit: Orbs import orbs more than 5 deep'])
  })

  test.each([
    ['https://orbs.example/others/one.yml', 'begins with no address that the organization allows'],
    [`${prefix}../others/one.yml`, 'begins with no address that the organization allows'],
    [`${prefix}missing.yml`, 'could not be read: the answer is 404'],
  ])('%s is refused: %s', async (url, reason) => {
    expect((await compile(config(url))).errors).toEqual([expect.stringContaining(reason)])
  })

  test('is nobody’s who has not allowed it', async () => {
    const url = `${prefix}one.yml`
    pages[url] = orb('from-afar')
    const other = await buildHousehold(database.store)

    for (const organization of [null, other.organization.id])
      expect((await compile(config(url), organization)).errors).toEqual([expect.stringContaining('allows orbs from')])
  })

  test('must say that it is of version 2.1', async () => {
    const url = `${prefix}old.yml`
    pages[url] = 'commands: {}\n'

    expect((await compile(config(url))).errors[0]).toContain("needs 'version: 2.1'")
  })
})
