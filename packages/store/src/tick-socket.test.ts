import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createTickSocket } from './tick-socket.ts'

test('what is written in one turn goes out as one piece, and arrives whole and in order', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = createTickSocket()
  socket.connect(address !== null && typeof address === 'object' ? address.port : 0, '127.0.0.1')
  await once(socket, 'connect')
  const [other] = await accepted
  const arrived: string[] = []
  other.on('data', (bytes) => arrived.push(bytes.toString()))

  for (const word of ['begin ', 'select ', 'commit ']) socket.write(word)
  const first = once(other, 'data')
  await first
  socket.end('bye')
  await once(other, 'end')

  expect(arrived).toEqual(['begin select commit ', 'bye'])
  socket.destroy()
  server.close()
})
