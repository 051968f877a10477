import { type ChildProcess, spawn } from 'node:child_process'
import { readCliEnv } from '../env.ts'
import { serverArguments } from './server-arguments.ts'

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
  // A Ctrl-C reaches the whole group: the server gets it by itself, this process only waits.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => server.kill('SIGTERM'))
  return new Promise((resolve) => server.once('exit', (code) => resolve(code ?? 1)))
}
