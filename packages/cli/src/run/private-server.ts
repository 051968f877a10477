import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnOwnServer } from '../server/up.ts'
import { isAlive } from './is-alive.ts'

export interface PrivateServer {
  readonly url: string
  readonly token: string
  /** Ends the server when this command started it, after the last other command has done with it. */
  stop(waiting: () => void): Promise<void>
}

/**
 * The server of this user's local runs: the one that another `rondo run` has up, else one that ends with this command. Its
 * data, caches above all, stay. Throws an Error with what the server said.
 */
export async function openPrivateServer(dataFolder: string, variables: NodeJS.ProcessEnv): Promise<PrivateServer> {
  mkdirSync(join(dataFolder, usersFolder), { recursive: true })
  const user = join(dataFolder, usersFolder, String(process.pid))
  writeFileSync(user, '')
  const done = () => rmSync(user, { force: true })
  const server = await joinOrStart(dataFolder, variables).catch((error: unknown) => {
    done()
    throw error
  })
  return {
    ...server,
    async stop(waiting) {
      done()
      await server.stop(waiting)
    },
  }
}

const addressFile = 'address.json'
const usersFolder = 'users'
/** What a server that is stopping may take before another can start in its place. */
const stoppingMs = 60_000

/** Where a server answers, and the command that started it and with which it ends. */
interface Address {
  readonly url: string
  readonly owner: number
}

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
  const address = readAddress(join(dataFolder, addressFile))
  if (address === undefined || !isAlive(address.owner)) return undefined
  const healthy = await fetch(`${address.url}/health`).then(
    (response) => response.ok,
    () => false,
  )
  return healthy ? { url: address.url, token: tokenOf(dataFolder), stop: async () => {} } : undefined
}

function readAddress(file: string): Address | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Address) : undefined
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
  const address: Address = { url, owner: process.pid }
  writeFileSync(join(dataFolder, addressFile), JSON.stringify(address), { mode: 0o600 })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  return {
    url,
    token: tokenOf(dataFolder),
    async stop(waiting) {
      if (others(dataFolder)) waiting()
      while (others(dataFolder)) await sleep(200)
      rmSync(join(dataFolder, addressFile), { force: true })
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

/** Whether another command still uses the server. A record whose process has gone is removed. */
function others(dataFolder: string): boolean {
  const folder = join(dataFolder, usersFolder)
  return readdirSync(folder).some((name) => {
    if (isAlive(Number(name))) return true
    rmSync(join(folder, name), { force: true })
    return false
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
