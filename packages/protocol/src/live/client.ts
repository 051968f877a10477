import type { ClientMessage, LiveTopic, ServerMessage } from './messages.ts'
import type { OutputTimeEntry } from './timeline.ts'

export interface OutputListener {
  bytes(offset: number, bytes: Uint8Array): void
  ended(size: number): void
  /** With this the number of the first line that comes is asked for, which counts from 1. */
  line?(first: number): void
  /** With this is told when what comes next was printed, as `Timeline` takes it. */
  times?(entries: readonly OutputTimeEntry[]): void
}

/** A page's (or a terminal's) one connection to the server: comes back by itself, and then takes everything up where it was. */
export interface Live {
  topic(topic: LiveTopic, changed: () => void): () => void
  output(stepId: string, offset: number, listener: OutputListener): () => void
  /** Told whenever the connection is lost or back. */
  onState(listener: (connected: boolean) => void): () => void
  close(): void
}

interface Channel {
  /** What to say to the server, at first and after each reconnection. */
  open(): ClientMessage
  message(message: ServerMessage): void
  bytes?(offset: number, bytes: Uint8Array): void
}

export interface LiveOptions {
  readonly connect: () => WebSocket
  /** Milliseconds before the n-th try to come back. */
  readonly delay?: (tries: number) => number
}

const headerBytes = 12

export function createLive(options: LiveOptions): Live {
  const channels = new Map<number, Channel>()
  const states = new Set<(connected: boolean) => void>()
  let socket: WebSocket | undefined
  let next = 1
  let tries = 0
  let closed = false

  function connect(): void {
    const opened = options.connect()
    opened.binaryType = 'arraybuffer'
    socket = opened
    opened.onopen = () => {
      tries = 0
      for (const channel of channels.values()) opened.send(JSON.stringify(channel.open()))
      for (const listener of states) listener(true)
    }
    opened.onmessage = (event) => receive(event.data)
    opened.onclose = () => {
      if (closed) return
      for (const listener of states) listener(false)
      setTimeout(connect, (options.delay ?? ((n) => Math.min(5_000, 250 * 2 ** n)))(tries++))
    }
  }

  function receive(data: ArrayBuffer | string): void {
    if (typeof data === 'string') {
      const message = JSON.parse(data) as ServerMessage
      if (message.channel !== null) channels.get(message.channel)?.message(message)
      return
    }
    const view = new DataView(data)
    channels.get(view.getUint32(0))?.bytes?.(Number(view.getBigUint64(4)), new Uint8Array(data, headerBytes))
  }

  function send(message: ClientMessage): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }

  function add(make: (id: number) => Channel): () => void {
    const id = next++
    const channel = make(id)
    channels.set(id, channel)
    send(channel.open())
    return () => {
      channels.delete(id)
      send({ type: 'unsubscribe', channel: id })
    }
  }

  connect()
  return {
    topic: (topic, changed) =>
      add((channel) => ({ open: () => ({ type: 'subscribe', channel, topic }), message: () => changed() })),
    output(stepId, offset, listener) {
      let at = offset
      let numbered = listener.line === undefined
      return add((channel) => ({
        open: () => ({
          type: 'output',
          channel,
          stepId,
          offset: at,
          ...(numbered ? {} : { lineOf: offset }),
          ...(listener.times ? { times: true } : {}),
        }),
        message: (message) => {
          if (message.type === 'output-line') {
            numbered = true
            listener.line?.(message.line)
          }
          if (message.type === 'output-times') listener.times?.(message.times)
          if (message.type === 'output-end') listener.ended(message.size)
        },
        bytes(from, bytes) {
          // After a reconnection the server goes on from where we said; anything else would double or skip.
          if (from !== at) return
          at += bytes.length
          listener.bytes(from, bytes)
        },
      }))
    },
    onState(listener) {
      states.add(listener)
      return () => states.delete(listener)
    },
    close() {
      closed = true
      socket?.close()
    },
  }
}
