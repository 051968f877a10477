import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { peerIsSandboxed } from './peer-process.ts'

const children: ChildProcess[] = []
const clients: Socket[] = []
const server = createServer()

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const client of clients.splice(0)) client.destroy()
  server.close()
})

/** Connects from another process, started with these words before it; answers the accepting end. */
async function connectionFrom(...before: string[]): Promise<Socket> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const connect = `require('node:net').connect(${port}, '127.0.0.1')`
  const [program = '', ...words] = [...before, process.execPath, '-e', connect]
  children.push(spawn(program, words, { stdio: 'ignore' }))
  const [socket] = await once(server, 'connection')
  return socket
}

test('a process in a user namespace of its own is recognised by its connection', async () => {
  const socket = await connectionFrom('unshare', '--user')

  expect(await peerIsSandboxed(socket)).toBe(true)
})

test('a process like this one is not, even while a sandboxed one lives', async () => {
  children.push(spawn('unshare', ['--user', 'sleep', '60'], { stdio: 'ignore' }))

  const socket = await connectionFrom()

  expect(await peerIsSandboxed(socket)).toBe(false)
})

test('of many that connect at the same time, those in sandboxes are', async () => {
  const sandboxed = await connectionFrom('unshare', '--user')
  const own: Socket[] = []
  for (let count = 0; count < 20; count++) {
    const connected = once(server, 'connection')
    clients.push(connect(sandboxed.localPort!, '127.0.0.1'))
    own.push((await connected)[0])
  }

  const answers = await Promise.all([sandboxed, ...own, sandboxed].map(peerIsSandboxed))

  expect(answers).toEqual([true, ...own.map(() => false), true])
})

test('a connection whose far end is no socket of this machine is not', async () => {
  expect(await peerIsSandboxed({ localPort: 8585, remoteAddress: '192.0.2.7', remotePort: 40_000 })).toBe(false)
})
