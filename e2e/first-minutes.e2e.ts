import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const root = process.getuid?.() === 0
const nobody = 65_534

let folder: string
let busy: Server
let port: number
let other: number

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rondo-minutes-'))
  chmodSync(folder, 0o755)
  busy = createServer()
  port = await listen(busy)
  const free = createServer()
  other = await listen(free)
  await new Promise((closed) => free.close(closed))
})

afterAll(() => {
  busy.close()
  rmSync(folder, { recursive: true, force: true })
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '0.0.0.0', listening))
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

interface Called {
  readonly data: string
  readonly env?: Readonly<Record<string, string>>
  readonly user?: number
}

/** Calls a command that is expected to end by itself. */
function rondo(command: string, { data, env, user }: Called) {
  const ran = spawnSync(process.execPath, [program, command], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env.PATH, ...settings(data), ...env },
    ...(user === undefined ? {} : { uid: user, gid: user }),
  })
  return { code: ran.status, said: ran.stderr }
}

function settings(data: string) {
  return { RONDO_DATA: data, RONDO_PORT: String(other), RONDO_AGENT_PORT: String(other + 1), RONDO_EXECUTOR: 'sandbox' }
}

/** Command lines and environments of all processes that name a folder. */
function processesOf(data: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const [line = '', environment = ''] = ['cmdline', 'environ'].map((file) =>
          readFileSync(`/proc/${pid}/${file}`, 'utf8'),
        )
        return `${line}\0${environment}`.includes(data) ? [line.replaceAll('\0', ' ')] : []
      } catch {
        return []
      }
    })
}

describe.each(['up', 'demo'])(
  'rondo %s refuses in one sentence with the cure, and leaves nothing running',
  (command) => {
    function refused(called: Called, code: number, sentence: RegExp): void {
      const ran = rondo(command, called)

      expect(ran.said).toMatch(sentence)
      expect(ran.said.trim().split('\n')).toHaveLength(1)
      expect(ran.code).toBe(code)
      expect(processesOf(called.data)).toEqual([])
    }

    test('when the port is taken', () => {
      const data = join(folder, `port-${command}`)

      refused({ data, env: { RONDO_PORT: String(port) } }, 1, /^Port \d+ is taken .* RONDO_PORT=/)
      expect(existsSync(data)).toBe(false)
    })

    test('when the port for agents is taken', () => {
      const data = join(folder, `agents-${command}`)

      refused({ data, env: { RONDO_AGENT_PORT: String(port) } }, 1, /^Port \d+ is taken .* RONDO_AGENT_PORT=/)
      expect(existsSync(data)).toBe(false)
    })

    test('when a file is where the data folder should be', () => {
      const data = join(folder, `file-${command}`)
      writeFileSync(data, '')

      refused({ data }, 1, /there is a file .* set RONDO_DATA/)
    })

    test('when the data folder may not be written', () => {
      const parent = join(folder, `closed-${command}`)
      mkdirSync(parent, { mode: 0o755 })
      if (!root) chmodSync(parent, 0o555)

      refused({ data: join(parent, 'data'), ...(root ? { user: nobody } : {}) }, 1, /cannot be written. Give this user/)
    })

    test('when a setting is wrong', () => {
      refused({ data: join(folder, 'env'), env: { RONDO_PORT: 'web' } }, 2, /^RONDO_PORT is "web"; use a whole number/)
    })

    test('when the PostgreSQL of its own is not there; its password is not told', () => {
      const env = { DATABASE_URL: 'postgres://rondo:hush@127.0.0.1:1/builds' }

      refused(
        { data: join(folder, `db-${command}`), env },
        1,
        /^The PostgreSQL at 127.0.0.1:1\/builds .* unset DATABASE_URL/,
      )
      expect(rondo(command, { data: join(folder, `db-${command}`), env }).said).not.toContain('hush')
    })
  },
)

/** A disk of this size at a place; only root may mount one. */
function smallDisk(place: string, size: string): void {
  mkdirSync(place)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'small', place], {
    encoding: 'utf8',
  })
  expect(mounted.stderr).toBe('')
}

if (!root)
  test('a full disk is left out: only root may mount a small one', () => {
    expect(root).toBe(false)
  })

describe.runIf(root)('a full disk', () => {
  test('keeps a first start from beginning, with a sentence', () => {
    const data = join(folder, 'small')
    smallDisk(data, '20m')
    try {
      const ran = rondo('up', { data })

      expect(ran.said).toMatch(/^Only \d+ MB are free on the disk of .*Free some space, or set RONDO_DATA.*\n$/)
      expect(ran.code).toBe(1)
      expect(processesOf(data)).toEqual([])
      expect(readdirSync(data)).not.toContain('postgres')
    } finally {
      spawnSync('umount', ['--lazy', data])
    }
  })

  test('keeps an installation that has run from starting, and it starts again with space', async () => {
    const data = join(folder, 'filled')
    smallDisk(data, '500m')
    try {
      await upAndDown(data)
      spawnSync('fallocate', ['-l', String(freeBytes(data) - 1024 * 1024), join(data, 'ballast')])

      const ran = rondo('up', { data })

      expect(ran.said).toMatch(/^Only \d+ MB are free/)
      expect(ran.code).toBe(1)
      expect(processesOf(data)).toEqual([])
      rmSync(join(data, 'ballast'))
      await upAndDown(data)
      expect(processesOf(data)).toEqual([])
    } finally {
      spawnSync('umount', ['--lazy', data])
    }
  })
})

function freeBytes(place: string): number {
  return Number(
    spawnSync('df', ['--output=avail', '-B1', place], { encoding: 'utf8' }).stdout.trim().split('\n').at(-1),
  )
}

test('rondo up says that its server was killed, and the next one has everything', async () => {
  const data = join(folder, 'killed')
  const { child, said, ended } = await startUp(data)
  const [server] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')

  process.kill(Number(server), 'SIGKILL')

  expect(await ended).toBe(1)
  expect(said()).toMatch(
    /Rondo's server was ended by something else \(SIGKILL\)\. Its agent and database go on .*\/rondo up\.\n$/,
  )
  await upAndDown(data)
  expect(processesOf(data)).toEqual([])
})

/** Starts a server until it is ready. */
async function startUp(data: string) {
  const child = spawn(process.execPath, [program, 'up'], {
    env: { PATH: process.env.PATH, ...settings(data) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  while (!printed.includes('Rondo is ready') && child.exitCode === null) await sleep(50)
  expect(printed).toContain('Rondo is ready')
  return { child, said: () => printed, ended }
}

/** Starts a server until it is ready, then stops it as Ctrl-C does. */
async function upAndDown(data: string): Promise<void> {
  const { child, ended } = await startUp(data)

  process.kill(-child.pid!, 'SIGINT')

  expect(await ended).toBe(0)
  expect(statSync(join(data, 'admin.json')).mode & 0o777).toBe(0o600)
}
