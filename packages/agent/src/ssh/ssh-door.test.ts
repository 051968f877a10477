import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newSshKey } from '@rondo/adapters'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runAttempt } from '../attempt/attempt.ts'
import { createFakeServer } from '../testing/fake-server.ts'
import { createProcessExecutor } from '../testing/process-executor.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'
import type { SshOptions } from './ssh-options.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ssh-door-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

function newKey() {
  const { privateKey, publicKey } = newSshKey()
  const parsed = ssh2.utils.parseKey(publicKey) as ssh2.ParsedKey
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')
  return { privateKey, sha256: `SHA256:${digest}` }
}

/** A job that was opened for the first of two keys, running. */
function begin(steps: Parameters<typeof taskSpec>[0], options: Partial<SshOptions> = {}, drained = () => false) {
  const [own, stranger] = [newKey(), newKey()]
  const spec = taskSpec(steps, { ssh: true, environment: [{ name: 'CIRCLE_JOB', value: 'it' }] })
  const server = createFakeServer(spec)
  server.admit(own.sha256, 'jo')
  const stop = new AbortController()
  const ssh: SshOptions = { host: '127.0.0.1', bind: '127.0.0.1', ports: [30_000, 60_000], folder: home, ...options }
  const deps = {
    controlPlane: server.controlPlane,
    executor: createProcessExecutor(home),
    dataFolder: home,
    log: () => {},
    heardAt: server.heardAt,
    ssh,
    drained,
  }
  const ended = runAttempt(deps, { ...spec, cpus: 1, memoryMb: 1 }, stop.signal)
  return { own, stranger, server, stop, ended }
}

async function until<T>(look: () => T | undefined): Promise<T> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await new Promise((go) => setTimeout(go, 20))) {
    const found = look()
    if (found !== undefined) return found
  }
  throw new Error('waited in vain')
}

const told = (output: string) => /ssh -p (\d+) 127\.0\.0\.1/.exec(output)?.[1]

async function connect(port: number, privateKey: string): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  await new Promise<void>((resolve, reject) => {
    client.once('ready', () => resolve()).once('error', reject)
    client.connect({ host: '127.0.0.1', port, username: 'anybody', privateKey })
  })
  return client
}

function run(client: ssh2.Client, command: string, input = ''): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error)
      let [out, err] = ['', '']
      channel.on('data', (bytes: Buffer) => (out += bytes))
      channel.stderr.on('data', (bytes: Buffer) => (err += bytes))
      channel.on('close', (code: number) => resolve({ code, out, err }))
      channel.end(input)
    })
  })
}

test('a job tells how to enter it; its owner runs commands with the job’s variables while and after its steps run; others stay out [S-45]', async () => {
  const { own, stranger, server, ended, stop } = begin([
    runStep('export FROM=step; echo "export FROM=step" >>$BASH_ENV'),
  ])
  const port = Number(await until(() => told(server.output(2))))
  expect(server.output(2)).toMatch(/The host's key is SHA256:\S{43}\./)

  await expect(connect(port, stranger.privateKey)).rejects.toThrow(/authentication/)
  const client = await connect(port, own.privateKey)
  await until(() => (server.output(4).includes('Cancel the job') ? true : undefined))

  expect(await run(client, 'echo "$FROM in $CIRCLE_JOB"; pwd; exit 3')).toMatchObject({
    code: 3,
    out: expect.stringMatching(/^step in .+\n\/.+\n$/),
  })
  expect(await run(client, 'cat; echo wrong >&2', 'given')).toEqual({ code: 0, out: 'given', err: 'wrong\n' })
  await expect(
    new Promise((resolve, reject) => {
      client.forwardOut('127.0.0.1', 1, '127.0.0.1', port, (error) => (error ? reject(error) : resolve(undefined)))
    }),
  ).rejects.toThrow()
  expect(server.entries.some((entry) => entry.type === 'task-finished')).toBe(false)
  client.end()
  stop.abort('canceled')
  await ended
  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'canceled' })
})

test('it stays while somebody is in and no longer, with the result and the use of resources that its steps had', async () => {
  const { own, server, ended } = begin([runStep('exit 7')], { idleMs: 200 })
  const port = Number(await until(() => told(server.output(2))))
  const client = await connect(port, own.privateKey)
  await until(() => (server.output(4).includes('Cancel the job') ? true : undefined))
  const used = server.usage()
  // Longer than it stays without anybody.
  await run(client, 'sleep 1')
  expect(server.entries.some((entry) => entry.type === 'task-finished')).toBe(false)

  client.end()
  await ended
  expect(server.usage()).toEqual(used)

  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'failed' })
  await expect(connect(port, own.privateKey)).rejects.toThrow()
})

test('it does not stay for ever, whoever is in', async () => {
  const { own, server, ended } = begin([runStep('true')], { longestMs: 1_500 })
  const port = Number(await until(() => told(server.output(2))))
  const client = await connect(port, own.privateKey)
  client.on('error', () => {})

  await ended

  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'passed' })
})

test('an agent that is drained waits for nobody who is not in, and says so', async () => {
  const { server, ended } = begin([runStep('exit 3')], {}, () => true)

  await ended

  expect(server.output(4)).toContain('being drained')
  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'failed' })
})

test.each([
  ['go', 60_000],
  ['stay for too long', 300],
])('those who are in when the agent is drained have a while; the job ends when they %s', async (how, idleMs) => {
  let drained = false
  const { own, server, ended } = begin([runStep('true')], { idleMs }, () => drained)
  const client = await connect(Number(await until(() => told(server.output(2)))), own.privateKey)
  client.on('error', () => {})
  await until(() => (server.output(4).includes('Cancel the job') ? true : undefined))

  drained = true
  await until(() => (server.output(4).includes('being drained') ? true : undefined))
  if (how === 'go') {
    expect(await run(client, 'echo still here')).toMatchObject({ out: 'still here\n' })
    client.end()
  }
  await ended

  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'passed' })
})

test('an agent without a port for it says so, and the job runs', async () => {
  const { server, ended } = begin([runStep('echo ran')], { ports: [1, 1], bind: '192.0.2.1' })

  await ended

  expect(server.output(2)).toMatch(/could not be opened|is free/)
  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'passed' })
})
