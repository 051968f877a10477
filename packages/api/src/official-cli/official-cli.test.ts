/**
 * What the official command line asks, and what it has to be answered: exchanges recorded between it and a server by
 * `npm run live -- circleci --bin PATH --record FILE`, played again in their order. `<id N>` is the same id wherever it
 * stands, `<project>` that of the project, `<time>` any time, `<any>` anything.
 */
import { readFileSync } from 'node:fs'
import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

interface Exchange {
  readonly command: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly status: number
  readonly answer: unknown
}

const exchanges: readonly Exchange[] = JSON.parse(readFileSync(new URL('./exchanges.json', import.meta.url), 'utf8'))
let engine: TestEngine
let web: TestWeb
let token: string
const ids = new Map<string, string>()

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  const { accounts } = engine.database.store
  const admin = await accounts.createUser({ login: 'admin', name: 'Administrator', passwordHash: null, admin: true })
  const acme = await accounts.createOrganization({ vcsType: 'github', name: 'acme', ownerId: admin.id })
  const app = await accounts.createProject({ organizationId: acme.id, name: 'app', defaultBranch: 'main' })
  ids.set('<project>', app.id)
  await engine.push(app, 'version: 2.1\njobs: { build: { type: no-op } }\n')
  token = await web.token(admin)
})
afterAll(async () => {
  await web.stop()
  await engine.stop()
})

test.each(exchanges.map((exchange, index) => ({ ...exchange, title: `${index + 1}. ${exchange.command}` })))(
  '$title [I-073]',
  async ({ method, path, headers, body, status, answer }) => {
    const sent = JSON.parse(insert(JSON.stringify(headers)))
    const text = body === undefined ? undefined : insert(JSON.stringify(body))

    const given = await web.send(method, insert(path), sent, text)

    expect(given.status).toBe(status)
    expect(trimmed(named(answer, given.body))).toEqual(trimmed(answer))
  },
)

/** The words of the compiler's messages, and how a compiled config ends, are the compiler's matter: places stay. */
function trimmed(answer: unknown): unknown {
  const text = (value: string) => value.trimEnd().replace(/^(\S+:\d+:\d+: error:)[\s\S]*$/, '$1')
  return JSON.parse(JSON.stringify(answer, (_key, value) => (typeof value === 'string' ? text(value) : value)))
}

function insert(text: string): string {
  return text.replaceAll('<token>', token).replace(/<(?:id \d+|project)>/g, (name) => ids.get(name) ?? name)
}

/** The answer with the names of the recording in the places of what they name; learns ids it sees for the first time. */
function named(recorded: unknown, given: unknown): unknown {
  if (recorded === '<any>') return recorded
  if (typeof recorded === 'string' && typeof given === 'string') return namedText(recorded, given)
  if (Array.isArray(recorded) && Array.isArray(given)) return given.map((item, index) => named(recorded[index], item))
  if (recorded === null || typeof recorded !== 'object' || given === null || typeof given !== 'object') return given
  const known = recorded as Record<string, unknown>
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, named(known[key], value)]))
}

function namedText(recorded: string, given: string): string {
  if (recorded === '<time>') return Number.isNaN(Date.parse(given)) ? given : recorded
  const [name] = /<(?:id \d+|project)>/.exec(recorded) ?? []
  if (name === undefined) return given
  const id = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(given)?.[0] ?? ''
  if (!ids.has(name)) ids.set(name, id)
  return ids.get(name) === id ? given.replaceAll(id, name) : given
}
