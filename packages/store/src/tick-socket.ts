import { Socket } from 'node:net'

/**
 * A socket that sends what is written in one turn of the event loop as one piece: the statements of a transaction that go
 * out together are one call of the operating system and one packet, not one each.
 */
export function createTickSocket(): Socket {
  const socket = new Socket()
  const write = socket.write.bind(socket)
  let gathering = false
  socket.write = (...parts: unknown[]) => {
    if (!gathering) {
      gathering = true
      socket.cork()
      process.nextTick(() => {
        gathering = false
        socket.uncork()
      })
    }
    return write(...(parts as Parameters<typeof write>))
  }
  return socket
}
