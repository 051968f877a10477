import { readFileSync } from 'node:fs'
import { restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'

interface KeyView {
  readonly id: string
  readonly name: string
  readonly fingerprint: string
}

const flags = { ...serverFlags, ...jsonFlag }
const path = '/api/private/ssh-keys'

const addVerb: Verb = {
  name: 'add',
  usage: 'rondo ssh-key add FILE',
  summary: 'make a public key yours: a file such as ~/.ssh/id_ed25519.pub; - reads standard input',
  flags,
  async run(call) {
    const [file] = call.arguments
    if (file === undefined) throw new CallError('Name the file with the public key, such as ~/.ssh/id_ed25519.pub.')
    const key = await restClientOf(call).call<KeyView>('POST', path, { public_key: read(file) })
    if (call.given('json')) printJson(key)
    else print(key)
    return 0
  },
}

const listVerb: Verb = {
  name: 'list',
  usage: 'rondo ssh-key list',
  summary: 'your public keys',
  flags,
  async run(call) {
    const { keys } = await restClientOf(call).call<{ keys: readonly KeyView[] }>('GET', path)
    if (call.given('json')) printJson(keys)
    else for (const key of keys) print(key)
    return 0
  },
}

const removeVerb: Verb = {
  name: 'remove',
  usage: 'rondo ssh-key remove KEY',
  summary: 'make a key yours no longer, by its id, fingerprint or name',
  flags,
  async run(call) {
    const [wanted] = call.arguments
    if (wanted === undefined) throw new CallError('Name the key; `rondo ssh-key list` shows them.')
    const client = restClientOf(call)
    const { keys } = await client.call<{ keys: readonly KeyView[] }>('GET', path)
    const found = keys.filter((key) => [key.id, key.fingerprint, key.name].includes(wanted))
    if (found.length !== 1)
      throw new CallError(
        found.length === 0
          ? `You have no key ${wanted}.`
          : `${found.length} of your keys are called ${wanted}. Give an id.`,
        1,
      )
    await client.call('POST', `${path}/${found[0]?.id}/remove`)
    return 0
  },
}

/** What `rondo ssh-key` does. */
export const sshKeyVerbs: readonly Verb[] = [addVerb, listVerb, removeVerb]

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch {
    throw new CallError(`${file} cannot be read.`)
  }
}

function print({ id, name, fingerprint }: KeyView): void {
  process.stdout.write(`${id}  ${fingerprint}  ${name}\n`)
}
