import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { engineVariables } from './capabilities.ts'

// Shared by all calls: what the program keeps compiled.
const cache = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url))
const program = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `rondo` as its users do, in a folder of theirs; it knows no server unless the environment names one. */
export function rondo(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly stdin?: string },
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: {
      PATH: process.env.PATH,
      ...engineVariables,
      HOME: options.cwd,
      RONDO_DATA: options.cwd,
      RONDO_PORT: '1',
      XDG_CACHE_HOME: cache,
      ...options.env,
    },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  child.stdin.end(options.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
}
