import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnOwnServer } from '../server/up.ts'
import { handOver } from './hand-over.ts'
import { isAlive } from './is-alive.ts'
import { readAddress, removeAddress, writeAddress } from './server-address.ts'
import { isUsed, untilUnused, useServer } from './server-users.ts'

export interface PrivateServer {
  readonly url: string
  readonly token: string
  /** Ends the server when this command started it and no other uses it; else it ends with the last of them. */
  stop(): Promise<void>
}

/**
 * The server of this user's local runs: the one that another `rondo run` has up, else one that ends with this command. Its
 * data, caches above all, stay. Throws an Error with what the server said.
 */
export async function openPrivateServer(dataFolder: string, variables: NodeJS.ProcessEnv): Promise<PrivateServer> {
  const done = useServer(dataFolder)
  const server = await joinOrStart(dataFolder, variables).catch((error: unknown) => {
    done()
    throw error
  })
  return {
    ...server,
    async stop() {
      done()
      await server.stop()
    },
  }
}

/** What a server that is stopping may take before another can start in its place. */
const stoppingMs = 60_000

/** Joins the server that is there. One whose command has gone is about to end; then its place is taken. */
async function joinOrStart(dataFolder: string, variables: NodeJS.ProcessEnv): Promise<PrivateServer> {
  for (const deadline = Date.now() + stoppingMs; ; await sleep(100)) {
    const server = (await joinRunning(dataFolder)) ?? (await start(dataFolder, variables))
    if (!('refusal' in server)) return server
    // Another command began at the same moment and was faster, or the server of one that was killed is still stopping.
    if (!server.refusal.includes('already runs') || Date.now() > deadline) throw new Error(server.refusal)
  }
}

async function joinRunning(dataFolder: string): Promise<PrivateServer | undefined> {
  const address = readAddress(dataFolder)
  if (address === undefined || !isAlive(address.owner)) return undefined
  const healthy = await fetch(`${address.url}/health`).then(
    (response) => response.ok,
    () => false,
  )
  return healthy ? { url: address.url, token: tokenOf(dataFolder), stop: async () => {} } : undefined
}

async function start(
  dataFolder: string,
  variables: NodeJS.ProcessEnv,
): Promise<PrivateServer | { readonly refusal: string }> {
  const [port, agentPort] = await freePorts()
  const url = `http://localhost:${port}`
  const server = spawnOwnServer({
    ...variables,
    RONDO_DATA: dataFolder,
    RONDO_PORT: String(port),
    RONDO_AGENT_PORT: String(agentPort),
    RONDO_PUBLIC_URL: url,
    RONDO_AGENT: 'local',
    DATABASE_URL: '',
  })
  const refusal = await refusalOf(server)
  if (refusal !== undefined) return { refusal }
  writeAddress(dataFolder, { url, owner: process.pid })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  return {
    url,
    token: tokenOf(dataFolder),
    async stop() {
      if (isUsed(dataFolder) && handOver(server, dataFolder)) return
      await untilUnused(dataFolder)
      removeAddress(dataFolder)
      server.kill('SIGTERM')
      await ended
    },
  }
}

/** What a server said that ended instead of getting ready; undefined once it is ready. */
function refusalOf(server: ChildProcess): Promise<string | undefined> {
  let printed = ''
  return new Promise((resolve) => {
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', (chunk) => {
        printed += chunk
        if (printed.includes('Rondo is ready')) resolve(undefined)
      })
    server.once('exit', () => resolve(printed.trim()))
  })
}

function tokenOf(dataFolder: string): string {
  return (JSON.parse(readFileSync(join(dataFolder, 'admin.json'), 'utf8')) as { token: string }).token
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, () => resolve((server.address() as { port: number }).port))
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [ports[0]!, ports[1]!]
}
