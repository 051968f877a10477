import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ProcessIdentity, parseIdentity, processLives } from '@rondo/adapters'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import type { GroupLimits } from './job-groups.ts'
import { makeSandboxRoot } from './sandbox-root.ts'

const script = fileURLToPath(new URL('./sandbox.sh', import.meta.url))
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const startMs = 20_000
/** A disk without so much is full. */
const roomBytes = 64 * 1024

/** Why this machine cannot make such a sandbox, in its tools' own words; undefined when it can. Tried, not guessed. */
export async function sandboxProblem(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-sandbox-'))
  const uid = jobUser()
  try {
    await chmod(folder, 0o755)
    await mkdir(join(folder, 'io'))
    await writeFile(join(folder, 'io/supervisor.sh'), 'exit 7\n')
    await writeFile(join(folder, 'sandbox.turn'), 'try\n')
    await makeSandboxRoot({ folder, uid, hidden: [] })
    const made = spawnSync('/bin/sh', [script, 'enter', folder, 'try', uid, 'token', '-', '-', '', ''], {
      encoding: 'utf8',
      env: { PATH: path },
    })
    return made.status === 7 ? undefined : (made.stderr.trim().split('\n').at(-1) ?? `it ended with ${made.status}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The job's user on the host, for each job another, far from all that are in use, so that nothing left behind by one is
 * readable by the next. `same` when the agent is not root and so cannot choose.
 */
function jobUser(): string {
  if (process.getuid?.() !== 0) return 'same'
  const { first, last } = jobUsers()
  return String(first + Math.floor(Math.random() * (last - first + 1)))
}

/** Numbers of users on the host that a root agent gives to jobs, and nobody else has. */
export function jobUsers(): { readonly first: number; readonly last: number } {
  const [, , count = 0] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).map(Number)
  // A container that has few users has the last of them to give.
  return count > 2_100_000_000 ? { first: 1_900_000_000, last: 2_099_999_999 } : { first: count - 1, last: count - 1 }
}

export interface SandboxStart {
  /** Marks the end of scripts in their output; see the supervisor. */
  readonly token: string
  readonly folder: TaskFolder
  readonly limits: GroupLimits
  /** Control groups to join; undefined where there are none, and the kernel limits processes instead. */
  readonly groups: readonly string[] | undefined
  readonly hidden: readonly string[]
}

/** Starts a sandbox with its supervisor; answers its first process. Leaves none behind when it throws. */
export async function startSandbox(options: SandboxStart, signal: AbortSignal): Promise<ProcessIdentity> {
  const { root } = options.folder
  const uid = jobUser()
  const turn = await giveTurn(root)
  await endOthers(root)
  await makeSandboxRoot({ folder: root, uid, hidden: options.hidden })
  const child = await launch(options, uid, turn)
  try {
    for (const deadline = performance.now() + startMs; performance.now() < deadline; await sleep(2)) {
      signal.throwIfAborted()
      // It is ready when everything before it worked.
      const first = (await options.folder.readSmall('ready')) === undefined ? undefined : await readFirst(root, turn)
      if (first !== undefined) return first
      if (child.exitCode !== null || child.signalCode !== null) break
    }
    throw await whyNot(root)
  } catch (error) {
    await endSandboxes(root)
    throw error
  }
}

async function launch(options: SandboxStart, uid: string, turn: string): Promise<ChildProcess> {
  const { folder, limits, groups } = options
  const own = groups === undefined ? [limits.processes, limits.memoryMb * 1024 * 1024] : ['-', '-']
  const lists = [(groups ?? []).join('\n'), options.hidden.join('\n')]
  const log = await open(logOf(folder.root), 'w', 0o600)
  const child = spawn(
    '/bin/sh',
    [script, 'enter', folder.root, turn, uid, options.token, ...own.map(String), ...lists],
    {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      cwd: '/',
      env: { PATH: path, LANG: 'C.UTF-8' },
    },
  )
  child.unref()
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  await log.close()
  return child
}

/** What a sandbox says of itself. The job cannot open it. */
export function logOf(root: string): string {
  return join(root, 'sandbox.log')
}

/** Whether a sandbox's supervisor ended before its first process, which nobody outside can do to it without that one. */
export async function endedByItself(log: string | undefined): Promise<boolean> {
  const said = log === undefined ? '' : await readFile(log, 'utf8').catch(() => '')
  return /^supervisor ended with \d+$/m.test(said)
}

/** What a sandbox that ended by itself said, or what it could not: on a full disk it can write no word, and may not begin. */
async function whyNot(root: string): Promise<unknown> {
  const said = (await readFile(logOf(root), 'utf8')).trim()
  const full = await writeFile(join(root, 'sandbox.room'), Buffer.alloc(roomBytes)).then(
    () => undefined,
    (error) => error,
  )
  return full ?? new Error(`the sandbox did not start: ${said || 'it ended without a word'}`)
}

/**
 * Ends every sandbox of this folder, one that is still on its way too; on a full disk as well, where there may be no turn to
 * give, but the last one is gone from the file all the same.
 */
export async function endSandboxes(root: string): Promise<void> {
  await giveTurn(root).catch(() => {})
  await endOthers(root)
}

/**
 * An agent that died while it prepared may have left a sandbox, whose supervisor would read the same commands: written
 * first, the turn makes one that is still on its way end by itself.
 */
async function giveTurn(root: string): Promise<string> {
  const turn = crypto.randomUUID()
  await writeFile(join(root, 'sandbox.turn'), `${turn}\n`)
  return turn
}

async function endOthers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const earlier = /^sandbox\.(.+)\.process$/.exec(name)?.[1]
    const first = earlier === undefined ? undefined : await readFirst(root, earlier)
    if (first !== undefined) await killNamespace(first)
  }
}

async function readFirst(root: string, turn: string): Promise<ProcessIdentity | undefined> {
  return parseIdentity(await readFile(join(root, `sandbox.${turn}.process`), 'utf8').catch(() => ''))
}

/** Kills the first process of a namespace, and with it all others there; ends when it is gone. */
async function killNamespace(first: ProcessIdentity): Promise<void> {
  if (!processLives(first)) return
  process.kill(first.pid, 'SIGKILL')
  for (let tries = 0; processLives(first) && tries < 500; tries++) await sleep(10)
}

/** Removes what the job wrote, folders it closed to itself included (module caches do that). */
export async function removeJobsFiles(root: string): Promise<void> {
  const folders = ['home', 'tmp', 'io'].map((name) => join(root, name))
  const remove = () => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
  await remove().catch(async () => {
    const opened = spawn('chmod', ['-R', 'u+rwX', '--', ...folders], { stdio: 'ignore' })
    await new Promise((resolve) => opened.once('exit', resolve).once('error', resolve))
    await remove()
  })
}
