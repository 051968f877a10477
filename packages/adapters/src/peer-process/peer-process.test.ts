import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { peerIsSandboxed } from './peer-process.ts'

const children: ChildProcess[] = []
const server = createServer()

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
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

test('a connection whose far end is no socket of this machine is not', async () => {
  expect(await peerIsSandboxed({ localPort: 8585, remoteAddress: '192.0.2.7', remotePort: 40_000 })).toBe(false)
})
