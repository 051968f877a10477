import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readCliEnv } from '../env.ts'
import { serverArguments } from './server-arguments.ts'

const program = fileURLToPath(new URL('../../../../rondo', import.meta.url))

/** Starts the server's process; it prints for itself unless `quiet`. */
export function spawnServer(quiet: boolean): ChildProcess {
  return spawn(process.execPath, serverArguments, {
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    env: readCliEnv().forServer,
  })
}

/** Starts a server's process that a Ctrl-C of the terminal does not reach, and that ends when this process has ended. */
export function spawnOwnServer(variables: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, serverArguments, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...variables, RONDO_STOP_WITH_INPUT: 'yes' },
  })
}

/** The server alone, until it ends; signals are passed on to it. */
export async function up(): Promise<number> {
  const server = spawnServer(false)
  let stopping = false
  // A Ctrl-C reaches the whole group: the server gets it by itself, this process only waits.
  process.on('SIGINT', () => {
    stopping = true
  })
  process.on('SIGTERM', () => {
    stopping = true
    server.kill('SIGTERM')
  })
  const code = await exitOf(server)
  // A server that ends by itself has said why.
  if (server.signalCode !== null && !stopping) process.stderr.write(endedByOthers('up', server.signalCode))
  return code
}

/** The exit code of a server's process, once it has one; 1 when a signal ended it. */
export function exitOf(server: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) resolve(server.exitCode ?? 1)
    else server.once('exit', (code) => resolve(code ?? 1))
  })
}

/** What is said of a server that somebody else ended. */
export function endedByOthers(command: 'up' | 'demo', signal: string | null): string {
  const how = signal === null ? '' : ` (${signal})`
  return `Rondo's server was ended by something else${how}. Its agent and database go on with what runs. Start it again with ${program} ${command}.\n`
}
