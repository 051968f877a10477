import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { AppError } from '@rondo/model'

/** The settings of a user or a machine must not change what the hosting does. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
}

/** Given to every command, so that repositories made by older versions follow today's. */
const settings = {
  'safe.directory': '*',
  // Nothing that lies in a repository is ever run.
  'core.hooksPath': '/dev/null',
  'core.fsync': 'all',
  'transfer.fsckObjects': 'true',
  // git itself never collects garbage here: it would do so in the middle of somebody's push.
  'gc.auto': '0',
  'receive.autogc': 'false',
  'receive.advertisePushOptions': 'true',
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
}

export interface GitOptions {
  readonly settings?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export type GitProcess = ChildProcessWithoutNullStreams & {
  /** Exit status, or null after a signal; rejects when git could not be started. Never left unhandled. */
  readonly ended: Promise<number | null>
  /** The end of what it said on its standard error. */
  complaint(): string
}

export function spawnGit(args: readonly string[], options: GitOptions = {}): GitProcess {
  const given = Object.entries({ ...settings, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const env = { ...environment, ...options.variables }
  const child = spawn('git', [...given, ...args], { env })
  // A reader or writer that goes away must not end the server; the exit status tells the rest.
  child.stdin.on('error', () => {})
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2000)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', (cause) => reject(notStarted(cause)))
  })
  ended.catch(() => {})
  // Not by spawn's own signal: that reports an end before the process has ended.
  const stop = () => child.kill()
  if (options.signal?.aborted) stop()
  options.signal?.addEventListener('abort', stop, { once: true })
  child.once('close', () => options.signal?.removeEventListener('abort', stop))
  return Object.assign(child, { ended, complaint: () => said.trim() })
}

/** Runs git on a short input, to its end. An exit status other than 0 is an error. */
export async function git(args: readonly string[], input = ''): Promise<Buffer> {
  const child = spawnGit(args)
  child.stdin.end(input)
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk)
  const status = await child.ended
  if (status !== 0)
    throw new Error(`git ${args[0] === '-C' ? args[2] : args[0]} ended with ${status}: ${child.complaint()}`)
  return Buffer.concat(chunks)
}

function notStarted(cause: NodeJS.ErrnoException): unknown {
  if (cause.code !== 'ENOENT') return cause
  return new AppError(
    'unavailable',
    'The program git is not installed. Install it (apt-get install git) and start Rondo again.',
    { cause },
  )
}
