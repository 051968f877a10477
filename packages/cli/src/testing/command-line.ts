import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildHousehold, startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, vi } from 'vitest'
import { configVerbs } from '../config/verbs.ts'
import { runVerb } from '../noun.ts'
import { orbVerbs } from '../orb/verbs.ts'

interface Person {
  readonly token: string
  readonly organization: string
}

/** A server, two people, and an empty folder for each test. */
export interface CommandLine {
  readonly engine: TestEngine
  readonly admin: Person
  readonly member: Person
  readonly folder: string
  /** Nobody else's in the file. */
  readonly namespace: string
  write(files: Readonly<Record<string, string>>): void
  /** A command in this process: `@` before a path means the test's folder. What starts a program of its own takes long. */
  run(args: string, options?: { token?: string }): Promise<{ code: number; out: string; err: string }>
}

/** To be called once at the top of a test file. */
export function useCommandLine(): CommandLine {
  let engine: TestEngine
  let web: TestWeb
  let url: string
  let people: readonly Person[]
  let folder: string
  let namespace: string
  let counter = 0

  beforeAll(async () => {
    engine = await startTestEngine()
    web = await startTestWeb(engine)
    url = await web.listen()
    people = await Promise.all(
      [true, false].map(async (admin) => {
        const home = await buildHousehold(engine.database.store, { admin })
        return { token: await web.token(home.user), organization: home.organization.name }
      }),
    )
  })
  afterAll(async () => {
    await web.stop()
    await engine.stop()
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rondo-orb-'))
    namespace = `team${++counter}`
    return () => rmSync(folder, { recursive: true, force: true })
  })

  return {
    get engine() {
      return engine
    },
    get admin() {
      return people[0]!
    },
    get member() {
      return people[1]!
    },
    get folder() {
      return folder
    },
    get namespace() {
      return namespace
    },
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), text)
      }
    },
    async run(args, options = {}) {
      const [noun = '', ...rest] = args.replaceAll(/(?<= )@/g, `${folder}/`).split(' ')
      const server = /pack|--host|mirror @/.test(args)
        ? []
        : ['--host', url, '--token', options.token ?? this.admin.token]
      return runQuietly(noun, [...rest, ...(rest.length > 0 ? server : [])])
    },
  }
}

async function runQuietly(noun: string, args: readonly string[]) {
  const printed = { out: '', err: '' }
  const spies = (['out', 'err'] as const).map((name) =>
    vi.spyOn(process[`std${name}`], 'write').mockImplementation((text) => {
      printed[name] += text
      return true
    }),
  )
  try {
    const code = await runVerb(noun, noun === 'orb' ? orbVerbs : configVerbs, args)
    return { code, ...printed }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** An orb whose command `say` says something. */
export const says = (text: string, imports = '') =>
  `version: 2.1\n${imports}commands:\n  say:\n    steps:\n      - run: echo ${text}\n`

/** A config that has an orb say it. */
export const configWith = (reference: string) =>
  `version: 2.1\norbs: { tool: "${reference}" }\njobs: { build: { docker: [{ image: a }], steps: [tool/say] } }\n`
