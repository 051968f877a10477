import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, vi } from 'vitest'
import { configVerbs } from '../config/verbs.ts'
import { runVerb } from '../noun.ts'
import { orbVerbs } from '../orb/verbs.ts'

interface Person {
  readonly token: string
}

interface Server {
  readonly url: string
  readonly admin: Person
  stop(): Promise<void>
}

/** A server, and an empty folder for each test. */
export interface CommandLine<Started extends Server> {
  readonly server: Started
  readonly folder: string
  /** Nobody else's in the file. */
  readonly namespace: string
  write(files: Readonly<Record<string, string>>): void
  /**
   * A command in this process, of the administrator unless another token is given. `@` before a path means the test's
   * folder. What starts a program of its own takes long.
   */
  run(args: string, options?: Person): Promise<{ code: number; out: string; err: string }>
}

/** To be called once at the top of a test file. */
export function useCommandLine<Started extends Server>(start: () => Promise<Started>): CommandLine<Started> {
  let server: Started
  let folder: string
  let namespace: string
  let counter = 0

  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rondo-orb-'))
    namespace = `team${++counter}`
    return () => rmSync(folder, { recursive: true, force: true })
  })

  return {
    get server() {
      return server
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
    async run(args, { token } = server.admin) {
      const [noun = '', ...rest] = args.replaceAll(/(?<= )@/g, `${folder}/`).split(' ')
      const flags = /pack|--host|mirror @/.test(args) ? [] : ['--host', server.url, '--token', token]
      return runQuietly(noun, [...rest, ...(rest.length > 0 ? flags : [])])
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
