import { writeFileSync } from 'node:fs'
import { hostname, release } from 'node:os'
import { type RestClient, restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'

const base = '/api/private'

/** What somebody who is to help asks for first, by the name of its part. */
const parts = {
  loops: `${base}/admin/health`,
  agents: `${base}/agents`,
  queue: `${base}/admin/queue?limit=100`,
  locks: `${base}/admin/locks?limit=100`,
  dispatcher: `${base}/admin/dispatcher?limit=1000`,
  settings: `${base}/admin/settings`,
  retention: `${base}/admin/retention`,
} as const

export const makeBundle: Verb = {
  name: 'bundle',
  usage: 'rondo admin bundle [FILE]',
  summary:
    'what somebody who helps needs to know, in one file: processes, agents, queue, locks, logs, settings; no secrets',
  flags: { ...serverFlags, ...jsonFlag },
  async run(call) {
    const [file = `rondo-support-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`] = call.arguments
    const client = restClientOf(call)
    const answers = await Promise.all(
      Object.entries(parts).map(async ([name, path]) => [name, await partOf(client, path)] as const),
    )
    const bundle = {
      made: new Date().toISOString(),
      by: { host: hostname(), platform: `${process.platform} ${process.arch} ${release()}`, node: process.version },
      server: client.url,
      ...Object.fromEntries(answers),
    }
    write(file, withoutSecrets(JSON.stringify(bundle, null, 2)))
    const missing = answers.flatMap(([name, part]) => ('missing' in part ? [name] : []))
    if (call.given('json')) printJson({ file, missing })
    else
      process.stdout.write(
        `${file} is written${missing.length === 0 ? '' : `, without ${missing.join(', ')}`}. Read it before you send it to anybody.\n`,
      )
    return missing.length === 0 ? 0 : 1
  },
}

/** A part that cannot be had is no reason to have none: it says why. */
async function partOf(client: RestClient, path: string): Promise<object> {
  return client.call<object>('GET', path).catch((error: unknown) => {
    if (!(error instanceof CallError)) throw error
    return { missing: error.message }
  })
}

/** Settings and logs name no secrets; what a failed loop printed may hold an address with a password in it. */
function withoutSecrets(text: string): string {
  return text.replace(/(\w+:\/\/)[^\s/"@]*:[^\s/"@]*@/g, '$1xxxx:xxxx@')
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CallError(
      code === 'EEXIST'
        ? `${file} is there already. Name another file.`
        : `${file} cannot be written (${code}). Name a file in a folder that you may write to.`,
      1,
    )
  }
}
