import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { AppError } from '@rondo/model'

/** The user's and the machine's settings must not change what the hosting does. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
}

export function spawnGit(
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): ChildProcessWithoutNullStreams {
  const child = spawn('git', ['-c', 'safe.directory=*', ...args], {
    env: { ...environment, ...extra },
    ...(signal ? { signal } : {}),
  })
  // A reader that goes away must not end the server; the exit status tells the rest.
  child.stdin.on('error', () => {})
  child.on('error', () => {})
  return child
}

/** Runs git to its end; undefined when it exits with another status than 0. AppError `too-large` past `maxBytes`. */
export async function git(args: readonly string[], maxBytes = 16 * 1024 * 1024): Promise<Buffer | undefined> {
  const child = spawnGit(args)
  child.stdin.end()
  child.stderr.resume()
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT'
          ? new AppError(
              'unavailable',
              'The program git is not installed. Install it (apt-get install git) and start Rondo again.',
              { cause },
            )
          : cause,
      ),
    )
  })
  exit.catch(() => {})
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of child.stdout) {
    size += chunk.length
    if (size > maxBytes) {
      child.kill('SIGKILL')
      throw new AppError('too-large', `The file is larger than ${maxBytes} bytes.`)
    }
    chunks.push(chunk)
  }
  return (await exit) === 0 ? Buffer.concat(chunks) : undefined
}
