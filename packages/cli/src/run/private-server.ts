import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnOwnServer } from '../server/up.ts'

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

const addressFile = 'address'
const usersFolder = 'users'

async function joinOrStart(dataFolder: string, variables: NodeJS.ProcessEnv): Promise<PrivateServer> {
  return (await joinRunning(dataFolder)) ?? start(dataFolder, variables)
}

async function joinRunning(dataFolder: string): Promise<PrivateServer | undefined> {
  const file = join(dataFolder, addressFile)
  if (!existsSync(file)) return undefined
  const url = readFileSync(file, 'utf8').trim()
  const healthy = await fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  )
  return healthy ? { url, token: tokenOf(dataFolder), stop: async () => {} } : undefined
}

async function start(dataFolder: string, variables: NodeJS.ProcessEnv): Promise<PrivateServer> {
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
  let printed = ''
  const ready = await new Promise<boolean>((resolve) => {
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', (chunk) => {
        printed += chunk
        if (printed.includes('Rondo is ready')) resolve(true)
      })
    server.once('exit', () => resolve(false))
  })
  if (!ready) {
    // Two commands began at once, and the other was faster.
    for (let tries = 0; tries < 50 && printed.includes('already runs'); tries++) {
      const other = await joinRunning(dataFolder)
      if (other !== undefined) return other
      await sleep(100)
    }
    throw new Error(printed.trim())
  }
  writeFileSync(join(dataFolder, addressFile), url, { mode: 0o600 })
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

/** Whether another command still uses the server. A record whose process has gone is removed. */
function others(dataFolder: string): boolean {
  const folder = join(dataFolder, usersFolder)
  return readdirSync(folder).some((name) => {
    if (isAlive(Number(name))) return true
    rmSync(join(folder, name), { force: true })
    return false
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
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
