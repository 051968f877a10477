import { createServer, connect as dial, type Socket } from 'node:net'

/** A link between two processes that can be broken as networks break. */
export interface TcpProxy {
  readonly port: number
  /** Connections that are open, oldest first. */
  readonly connections: readonly ProxiedConnection[]
  /**
   * From now on bytes that go these ways wait, those of new connections too, as when packets are lost: nobody is told, and what
   * waits arrives after `release`.
   */
  hold(ways?: Ways): void
  /** What waits arrives, and everybody is let through again. */
  release(): void
  /** New connections are let through again; what was held stays so for good, as when the network has forgotten them. */
  forget(): void
  /** Resets all connections, and each new one until `release`: nobody is there. */
  refuse(): void
  /** Resets all connections. */
  cut(): void
  stop(): Promise<void>
}

/** `out`: what whoever connected says; `back`: what it is answered. */
export type Ways = 'both' | 'out' | 'back'

export interface ProxiedConnection {
  /** Of the proxy's end towards the target, by which the target knows this connection. */
  readonly localPort: number
  /** As the proxy's `hold`, for this connection alone and for good. */
  hold(ways?: Ways): void
}

export interface TcpProxyOptions {
  readonly targetPort: number
  /** Changes what the target says, piece by piece. */
  readonly alter?: (said: Buffer) => Buffer
  /** Asked once for each connection and way: who is told of every byte that goes there. */
  readonly listener?: (way: Exclude<Ways, 'both'>) => (bytes: Buffer) => void
}

const nobody = () => () => {}

export async function startTcpProxy({
  targetPort,
  alter = (said) => said,
  listener = nobody,
}: TcpProxyOptions): Promise<TcpProxy> {
  const links = new Set<Link>()
  let held: Ways | undefined
  let refusing = false
  const server = createServer((near) => {
    if (refusing) {
      near.resetAndDestroy()
      return
    }
    const link = createLink(near, dial(targetPort, '127.0.0.1'), { alter, listener })
    links.add(link)
    void link.ended.then(() => links.delete(link))
    if (held !== undefined) link.hold(held)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    get connections() {
      return [...links]
    },
    hold(ways = 'both') {
      held = ways
      for (const link of links) link.hold(ways)
    },
    release() {
      held = undefined
      refusing = false
      for (const link of links) link.release()
    },
    forget() {
      held = undefined
    },
    refuse() {
      refusing = true
      cut()
    },
    cut,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      cut()
      await closed
    },
  }

  function cut(): void {
    for (const link of links) link.cut()
  }
}

interface Link extends ProxiedConnection {
  readonly ended: Promise<void>
  release(): void
  cut(): void
}

function createLink(
  near: Socket,
  far: Socket,
  { alter, listener }: Required<Pick<TcpProxyOptions, 'alter' | 'listener'>>,
): Link {
  const [out, back] = [listener('out'), listener('back')]
  const ended = Promise.withResolvers<void>()
  const cut = () => {
    near.destroy()
    far.destroy()
    ended.resolve()
  }
  carry(near, far, (bytes) => bytes, out)
  carry(far, near, alter, back)
  // An end that waits behind held bytes is not seen before they are: a link that is held stays as it is.
  for (const socket of [near, far]) socket.on('error', cut).once('close', cut)
  return {
    ended: ended.promise,
    get localPort() {
      return far.localPort ?? 0
    },
    hold(ways = 'both') {
      if (ways !== 'back') near.pause()
      if (ways !== 'out') far.pause()
    },
    release() {
      near.resume()
      far.resume()
    },
    cut,
  }
}

function carry(from: Socket, to: Socket, alter: (bytes: Buffer) => Buffer, heard: (bytes: Buffer) => void): void {
  from.on('data', (bytes) => {
    heard(bytes)
    to.write(alter(bytes))
  })
  from.once('end', () => to.end())
}
