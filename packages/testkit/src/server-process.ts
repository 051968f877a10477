import { type ChildProcess, spawn } from 'node:child_process'
import { serverArguments } from '@rondo/cli'

const keptCharacters = 8_192

/** One process of the server, and what it printed last. */
export interface ServerProcess {
  /** Resolves when it says that it is ready; rejects, with what it printed, when it ends before. */
  readonly ready: Promise<void>
  lives(): boolean
  /** False when it does not live. Whoever sends a signal expects the end that follows it. */
  signal(signal: NodeJS.Signals): boolean
  /** Stops it as its administrator does, and waits for its end. */
  stop(): Promise<void>
}

/** A process that ended although nobody had sent it a signal. */
export interface UnexpectedEnd {
  readonly name: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The end of what it printed. */
  readonly printed: string
}

export interface ServerProcessOptions {
  readonly name: string
  readonly env: NodeJS.ProcessEnv
  /** Number of the user and group it runs as; default: who runs the tests. */
  readonly user?: number
  readonly onUnexpectedEnd: (end: UnexpectedEnd) => void
}

export function startServerProcess({ name, env, user, onUnexpectedEnd }: ServerProcessOptions): ServerProcess {
  const child = spawn(process.execPath, serverArguments, {
    env,
    ...(user === undefined ? {} : { uid: user, gid: user }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let expected = false
  const ready = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      printed = (printed + chunk).slice(-keptCharacters)
      if (printed.includes('Rondo is ready')) ready.resolve()
    })
  // Not `exit`: what it printed last arrives after that.
  child.once('close', (code, signal) => {
    if (!expected) onUnexpectedEnd({ name, code, signal, printed })
    ready.reject(new Error(`the server process ${name} ended with ${code ?? signal}: ${printed}`))
  })
  // Nobody may be waiting any more.
  ready.promise.catch(() => {})
  const send = (signal: NodeJS.Signals) => {
    if (!lives(child)) return false
    expected ||= signal !== 'SIGCONT' && signal !== 'SIGSTOP'
    return child.kill(signal)
  }
  return {
    ready: ready.promise,
    lives: () => lives(child),
    signal: send,
    async stop() {
      if (!lives(child)) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      send('SIGTERM')
      // One that stands still would never hear of it.
      send('SIGCONT')
      await ended
    },
  }
}

function lives(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}
