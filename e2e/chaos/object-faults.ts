import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What befalls a transfer: nobody answers, the store says that it cannot, it stands still for a while and then is gone, it
 * breaks off in the midst of the bytes, or all arrives and the answer is lost.
 */
export const faultKinds = ['refuse', 'unavailable', 'stall', 'cut', 'lose'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface ObjectFaults {
  readonly port: number
  /** How many transfers there were, and what befell them. */
  readonly counts: Readonly<Record<FaultKind | 'transfers', number>>
  stop(): Promise<void>
}

export interface ObjectFaultsOptions {
  /** The agents' port. */
  readonly targetPort: number
  /** Decides for each transfer. */
  readonly choose: () => FaultKind | undefined
  readonly stallMs: number
  /** After how many bytes it breaks off. */
  readonly cutAfter: () => number
}

/** Stands between agents and their server, and disturbs nothing but transfers of objects. */
export async function startObjectFaults(options: ObjectFaultsOptions): Promise<ObjectFaults> {
  const counts = { transfers: 0, refuse: 0, unavailable: 0, stall: 0, cut: 0, lose: 0 }
  const server = createServer((asked, answer) => {
    const isTransfer = /\/(upload|download)-object\b/.test(asked.url ?? '')
    const fault = isTransfer ? options.choose() : undefined
    if (isTransfer) counts.transfers++
    if (fault !== undefined) counts[fault]++
    for (const side of [asked, answer]) side.on('error', () => {})
    if (fault === 'refuse') asked.socket.destroy()
    else if (fault === 'stall') setTimeout(() => asked.socket.destroy(), options.stallMs)
    else if (fault === 'unavailable')
      answer.writeHead(503, { connection: 'close', 'content-type': 'application/json' }).end('{"message":"not now"}')
    else forward(options, asked, answer, fault)
  })
  // What waits for work is held open for long.
  server.requestTimeout = 0
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function forward(
  { targetPort, cutAfter }: ObjectFaultsOptions,
  asked: IncomingMessage,
  answer: ServerResponse,
  fault: 'cut' | 'lose' | undefined,
): void {
  const { method, url, headers } = asked
  const onward = request({ host: '127.0.0.1', port: targetPort, method, path: url, headers }, (answered) => {
    if (fault === 'lose') {
      asked.socket.destroy()
      answered.resume()
      return
    }
    answer.writeHead(answered.statusCode ?? 502, answered.headers)
    answered.pipe(answer)
    if (fault === 'cut') breakOff(answered)
  })
  const end = () => {
    onward.destroy()
    asked.socket.destroy()
  }
  let left = fault === 'cut' ? cutAfter() : Number.POSITIVE_INFINITY
  function breakOff(bytes: IncomingMessage): void {
    bytes.on('data', (piece: Buffer) => {
      left -= piece.length
      if (left <= 0) end()
    })
  }
  if (fault === 'cut') breakOff(asked)
  onward.on('error', () => asked.socket.destroy())
  answer.on('close', () => onward.destroy())
  asked.pipe(onward)
}
