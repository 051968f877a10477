import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'
import { postgresBinaries } from './binaries.ts'

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster; made and initialised when missing. */
  readonly dataFolder: string
  readonly logFile: string
}

export interface EmbeddedPostgres {
  readonly connectionString: string
  /** Number of the postmaster, for tests that kill it. */
  pid(): number | undefined
  /** Brings the database back whenever it dies, until the signal aborts. */
  supervise(signal: AbortSignal): Promise<void>
  /** Fast shutdown; waits until it is down. */
  stop(): Promise<void>
}

interface Cluster {
  readonly folder: string
  readonly bin: string
  readonly logFile: string
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
  readonly port: number
  readonly password: string
}

/** Small on purpose: an idle installation should not be felt on a laptop. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '48MB',
  max_connections: '80',
  jit: 'off',
  autovacuum_naptime: '1min',
  max_wal_size: '512MB',
  log_min_messages: 'warning',
}

/**
 * Runs PostgreSQL in a session of its own, so that it outlives this process; a server that starts later finds and adopts it.
 * AppError `unavailable` when it cannot run.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(options)
  await ensureRunning(cluster).catch(async (error) => {
    await stopCluster(cluster)
    throw error
  })
  return {
    connectionString: addressOf(cluster),
    pid: () => runningPid(cluster),
    async supervise(signal) {
      while (!signal.aborted) {
        await sleep(250, undefined, { signal }).catch(() => {})
        if (!signal.aborted && runningPid(cluster) === undefined) await ensureRunning(cluster).catch(() => {})
      }
    },
    stop: () => stopCluster(cluster),
  }
}

/** Where the cluster of a folder answers, when another process of ours keeps it running; undefined while it does not. */
export function findEmbeddedPostgres(dataFolder: string): string | undefined {
  try {
    const { port, password } = JSON.parse(readFileSync(`${dataFolder}.json`, 'utf8'))
    const cluster = { folder: dataFolder }
    if (runningPid(cluster) === undefined || statusLine(cluster) !== 'ready') return undefined
    return addressOf({ port, password })
  } catch {
    return undefined
  }
}

function addressOf({ port, password }: Pick<Cluster, 'port' | 'password'>): string {
  return `postgres://rondo:${password}@127.0.0.1:${port}/postgres`
}

async function openCluster(options: EmbeddedPostgresOptions): Promise<Cluster> {
  const bin = await postgresBinaries()
  const owner = process.getuid?.() === 0 ? unprivilegedOwner() : undefined
  const secretsPath = `${options.dataFolder}.json`
  if (!existsSync(join(options.dataFolder, 'PG_VERSION')) || !existsSync(secretsPath))
    await initialise(options.dataFolder, bin, owner, secretsPath)
  const { port, password } = JSON.parse(readFileSync(secretsPath, 'utf8'))
  return { folder: options.dataFolder, bin, logFile: options.logFile, owner, port, password }
}

/** Root may not run PostgreSQL: an account that owns nothing else runs it. */
function unprivilegedOwner(): { uid: number; gid: number } {
  const name = 'rondo-postgres'
  const found = () =>
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find((fields) => fields[0] === name)
  if (found() === undefined)
    spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', name])
  const fields = found()
  if (fields === undefined) {
    throw new AppError(
      'unavailable',
      `PostgreSQL does not run as root, and the system user ${name} could not be made. Make it (useradd --system ${name}), start Rondo as another user, or set DATABASE_URL.`,
    )
  }
  return { uid: Number(fields[2]), gid: Number(fields[3]) }
}

async function initialise(folder: string, bin: string, owner: Cluster['owner'], secretsPath: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (owner) chownSync(folder, owner.uid, owner.gid)
  const password = randomBytes(24).toString('base64url')
  const passwordFile = `${folder}.password`
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (owner) chownSync(passwordFile, owner.uid, owner.gid)
  const result = spawnSync(
    join(bin, 'initdb'),
    [
      '-D',
      folder,
      '-U',
      'rondo',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
      '--no-instructions',
    ],
    { ...owner, encoding: 'utf8', cwd: '/' },
  )
  rmSync(passwordFile, { force: true })
  if (result.status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    throw new AppError(
      'unavailable',
      `PostgreSQL could not make its folder ${folder}: ${lastLine(result.stderr || String(result.error ?? ''))} The user that runs it needs the right to enter every folder above; or set RONDO_DATA or DATABASE_URL.`,
    )
  }
  writeFileSync(secretsPath, JSON.stringify({ port: await freePort(), password }), { mode: 0o600 })
  chmodSync(secretsPath, 0o600)
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening))
  const address = probe.address()
  await new Promise((closed) => probe.close(closed))
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** The number in `postmaster.pid`, when that process lives and is a postgres. */
function runningPid(cluster: Pick<Cluster, 'folder'>): number | undefined {
  try {
    const pid = Number(readFileSync(join(cluster.folder, 'postmaster.pid'), 'utf8').split('\n')[0])
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.includes('(postgres)') && !/\) Z /.test(stat) ? pid : undefined
  } catch {
    return undefined
  }
}

async function ensureRunning(cluster: Cluster): Promise<void> {
  if (runningPid(cluster) === undefined) {
    // After a kill its children may live for a moment; they hold the shared memory the next one needs.
    rmSync(join(cluster.folder, 'postmaster.pid'), { force: true })
    launch(cluster)
  }
  await waitUntilReady(cluster)
}

function launch(cluster: Cluster): void {
  const log = openSync(cluster.logFile, 'a', 0o640)
  const child = spawn(
    join(cluster.bin, 'postgres'),
    [
      '-D',
      cluster.folder,
      '-p',
      String(cluster.port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...cluster.owner, detached: true, stdio: ['ignore', log, log], cwd: '/' },
  )
  child.unref()
}

async function waitUntilReady(cluster: Cluster): Promise<void> {
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    if (statusLine(cluster) === 'ready') return
    await sleep(10)
    if (runningPid(cluster) === undefined && Date.now() > deadline - 28_000) {
      rmSync(join(cluster.folder, 'postmaster.pid'), { force: true })
      launch(cluster)
      await sleep(500)
    }
  }
  throw new AppError(
    'unavailable',
    `PostgreSQL did not start within 30 seconds: ${lastLine(readFileSync(cluster.logFile, 'utf8'))} More stands in ${cluster.logFile}.`,
  )
}

/** Line 8 of `postmaster.pid` is the postmaster's own word on its state. */
function statusLine(cluster: Pick<Cluster, 'folder'>): string {
  try {
    return readFileSync(join(cluster.folder, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() ?? ''
  } catch {
    return ''
  }
}

async function stopCluster(cluster: Cluster): Promise<void> {
  const pid = runningPid(cluster)
  if (pid === undefined) return
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + 10_000
  while (runningPid(cluster) === pid && Date.now() < deadline) await sleep(10)
}
