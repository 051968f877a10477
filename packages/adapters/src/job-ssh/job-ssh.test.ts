import { createHash } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type JobSsh, openJobSsh } from './job-ssh.ts'
import { newSshKey } from './new-ssh-key.ts'

const host = '127.0.0.1'
/** What is asked of a server beside sessions, and where to. */
type Ask = (client: ssh2.Client, answered: (error: Error | null | undefined) => void) => void

let door: JobSsh
let admitted: Set<string>
/** Every question, with whether the key was proven; and every program that was opened. */
let asked: (readonly [string, boolean])[]
let opened: unknown[]
/** What the server of the installation does when it is asked. */
let answer: (sha256: string) => Promise<boolean>

function newKey() {
  const pair = newSshKey()
  const parsed = ssh2.utils.parseKey(pair.publicKey) as ssh2.ParsedKey
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')
  return { ...pair, sha256: `SHA256:${digest}` }
}

const own = newKey()

beforeEach(async () => {
  ;[admitted, asked, opened] = [new Set([own.sha256]), [], []]
  answer = async (sha256) => admitted.has(sha256)
  door = (await openJobSsh(
    {
      admits(sha256, proven) {
        asked.push([sha256, proven])
        return answer(sha256)
      },
      async open(request) {
        opened.push(request)
        const output = Readable.from(['said\n'])
        return {
          input: new PassThrough(),
          output,
          errors: undefined,
          resize: async () => {},
          exitCode: async () => 0,
          close: async () => {},
        }
      },
    },
    { hostKey: newSshKey().privateKey, host, ports: [0], askEveryMs: 20 },
  ))!
})

afterEach(() => door.close())

function connect(with_: Partial<ssh2.ConnectConfig>): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  client.on('error', () => {})
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client)).once('error', reject)
    client.connect({ host, port: door.port, username: 'anybody', ...with_ })
  })
}

const gone = (client: ssh2.Client) => new Promise<void>((resolve) => client.once('close', () => resolve()))

test.each<[string, Partial<ssh2.ConnectConfig>]>([
  ['another key', { privateKey: newKey().privateKey }],
  ['a password', { password: 'rondo' }],
  ['an empty password', { password: '' }],
  ['answers to questions', { tryKeyboard: true }],
  ['nothing', {}],
  ['root’s name alone', { username: 'root' }],
  ['a password beside another key', { privateKey: newKey().privateKey, password: 'rondo', username: 'root' }],
])('nobody comes in with %s [S-45]', async (_what, with_) => {
  await expect(connect(with_)).rejects.toThrow(/authentication/)
  expect(opened).toEqual([])
})

test('nobody comes in with a public key that others can read: it has to be proven [S-45]', async () => {
  const thief = {
    getIdentities: (done: (error: undefined, keys: readonly string[]) => void) => done(undefined, [own.publicKey]),
    sign: (_key: unknown, _data: unknown, _options: unknown, done: (error: undefined, signature: Buffer) => void) =>
      done(undefined, Buffer.alloc(64, 7)),
  }
  const agent = Object.assign(Object.create(ssh2.BaseAgent.prototype), thief) as ssh2.BaseAgent

  await expect(connect({ agent })).rejects.toThrow(/authentication/)

  expect(asked.every(([, proven]) => !proven)).toBe(true)
  expect(opened).toEqual([])
})

test.each<[string, Ask]>([
  ['a connection of the agent’s machine', (client, done) => client.forwardOut(host, 1, host, door.port, done)],
  ['a connection of a cloud’s credentials', (client, done) => client.forwardOut(host, 1, '169.254.169.254', 80, done)],
  ['a port on the agent’s machine', (client, done) => client.forwardIn(host, 0, done)],
  ['a port on all of its addresses', (client, done) => client.forwardIn('', 0, done)],
  [
    'a socket of the agent’s machine',
    (client, done) => client.openssh_forwardOutStreamLocal('/var/run/docker.sock', done),
  ],
  [
    'a socket in the agent’s machine',
    (client, done) => client.openssh_forwardInStreamLocal('/tmp/rondo-planted', done),
  ],
  ['windows', (client, done) => client.exec('true', { x11: true }, done)],
  ['another subsystem', (client, done) => client.subsys('netconf', done)],
])('whoever is in is refused %s [S-45]', async (_what, ask) => {
  const client = await connect({ privateKey: own.privateKey })

  await expect(
    new Promise((resolve, reject) => ask(client, (error) => (error ? reject(error) : resolve(undefined)))),
  ).rejects.toThrow()

  expect(opened).toEqual([])
  client.end()
})

test('variables of one’s own are not taken into the job [S-45]', async () => {
  const client = await connect({ privateKey: own.privateKey })

  await new Promise((resolve, reject) =>
    client.exec('true', { env: { LD_PRELOAD: '/tmp/x.so' } }, (error, channel) =>
      error ? resolve(error) : channel.on('close', resolve).on('error', reject).resume(),
    ),
  )

  expect(JSON.stringify(opened)).not.toContain('LD_PRELOAD')
  client.end()
})

test('whoever would not be let in any more is put out, and only they [S-45]', async () => {
  const other = newKey()
  admitted.add(other.sha256)
  const [first, second] = [await connect(own), await connect(other)]

  admitted.delete(own.sha256)
  await gone(first)

  expect(door.connections()).toBe(1)
  expect(asked.filter(([, proven]) => proven)).toHaveLength(2)
  second.end()
  await gone(second)
})

test('an installation that does not answer lets nobody in, and puts nobody out [S-45]', async () => {
  const client = await connect(own)
  let out = false
  void gone(client).then(() => (out = true))
  const before = asked.length
  answer = () => Promise.reject(new Error('away'))

  await expect(connect(own)).rejects.toThrow(/authentication/)
  while (asked.length < before + 5) await new Promise((go) => setTimeout(go, 5))

  expect(out).toBe(false)
  client.end()
})
