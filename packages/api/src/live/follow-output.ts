import { once } from 'node:events'
import type { WebSocket } from '@fastify/websocket'
import type { WebPorts } from '../ports.ts'
import type { LineCounter } from './line-counter.ts'

const highWater = 1024 * 1024
const headerBytes = 12
const timesAtOnce = 5_000
/** Behind the notifications of the output store, in case another process wrote. */
const lookEveryMs = 1_000

/** Sends a step's bytes from an offset on, as they become durable, no faster than the reader takes them. */
export function followOutput(
  ports: Pick<WebPorts, 'output' | 'queries'> & { readonly lines: LineCounter },
  socket: WebSocket,
  what: { channel: number; stepId: string; offset: number; lineOf?: number; times?: boolean },
): Disposable {
  let at = what.offset
  /** How many times were told. */
  let told = 0
  let stopped = false
  let wake = () => {}
  const watch = ports.output.watch(what.stepId, () => wake())

  async function run(): Promise<void> {
    while (!stopped && socket.readyState === socket.OPEN) {
      const changed = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookEveryMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      // Asked before reading: what is durable when the step has ended is all there will be.
      const ended = (await ports.queries.step(what.stepId))?.phase === 'finished'
      const before = at
      const size = await ports.output.size(what.stepId)
      // Of all these bytes, and perhaps of more.
      if (what.times) await tellTimes()
      for await (const bytes of ports.output.read(what.stepId, at, size)) {
        if (stopped) return
        socket.send(frame(what.channel, at, bytes))
        at += bytes.length
        if (socket.bufferedAmount > highWater) await drained(socket)
      }
      if (ended) {
        socket.send(JSON.stringify({ type: 'output-end', channel: what.channel, size: at }))
        return
      }
      if (at === before) await changed
    }
  }

  async function tellTimes(): Promise<void> {
    const times = await ports.output.times(what.stepId, told)
    told += times.length
    for (let from = 0; from < times.length; from += timesAtOnce) {
      const entries = times.slice(from, from + timesAtOnce).map((time) => [time.offset, time.at])
      socket.send(JSON.stringify({ type: 'output-times', channel: what.channel, times: entries }))
    }
  }

  async function tellLine(offset: number): Promise<void> {
    const line = await ports.lines.lineOf(what.stepId, offset, () => stopped)
    if (line !== undefined && socket.readyState === socket.OPEN)
      socket.send(JSON.stringify({ type: 'output-line', channel: what.channel, line }))
  }

  run().catch(() => socket.close(1011, 'output'))
  if (what.lineOf !== undefined) tellLine(what.lineOf).catch(() => socket.close(1011, 'output'))
  return {
    [Symbol.dispose]() {
      stopped = true
      wake()
      watch[Symbol.dispose]()
    },
  }
}

function frame(channel: number, offset: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt32BE(channel, 0)
  header.writeBigUInt64BE(BigInt(offset), 4)
  return Buffer.concat([header, bytes])
}

async function drained(socket: WebSocket): Promise<void> {
  const stream = (socket as unknown as { _socket?: NodeJS.WritableStream & { writableNeedDrain: boolean } })._socket
  while (socket.readyState === socket.OPEN && socket.bufferedAmount > highWater / 2) {
    await Promise.race([stream ? once(stream, 'drain') : undefined, new Promise((resolve) => setTimeout(resolve, 20))])
  }
}
