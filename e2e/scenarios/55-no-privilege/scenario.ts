import { createSocket, type Socket } from 'node:dgram'
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { ScenarioSteps } from '../../scenario/load.ts'

let tcp: Server | undefined
let udp: Socket | undefined
const reached: string[] = []

/** Listeners of this machine's own, on all its addresses, which no job may reach. */
async function listen(): Promise<{ port: number; udpPort: number; addresses: readonly string[] }> {
  tcp = createServer((socket) => {
    reached.push(`over TCP from ${socket.remoteAddress}`)
    socket.destroy()
  })
  // Both families, as the TCP listener has them.
  udp = createSocket({ type: 'udp6', ipv6Only: false }, (_bytes, from) => reached.push(`over UDP from ${from.address}`))
  await new Promise<void>((listening) => tcp!.listen(0, '::', listening))
  await new Promise<void>((listening) => udp!.bind(0, '::', listening))
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter((address) => !address.internal)
    .map((address) => address.address)
  return { port: (tcp.address() as { port: number }).port, udpPort: udp.address().port, addresses }
}

export const scenario: ScenarioSteps = {
  prepare: async () => ({ 'listeners.json': JSON.stringify(await listen()) }),
  check: async () => reached.map((how) => `a listener of the machine was reached ${how}`),
  async cleanUp() {
    tcp?.close()
    udp?.close()
  },
}
