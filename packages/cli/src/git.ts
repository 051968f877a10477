import { spawnSync } from 'node:child_process'
import { gitEnvironment } from './env.ts'

/** What git prints, without the last line end. Throws an Error with what git said. */
export function git(folder: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): string {
  const ended = run(folder, args, variables)
  if (ended.status === 0) return ended.stdout.replace(/\n$/, '')
  throw new Error(`git ${args[0]}: ${ended.stderr.trim()}`)
}

/** The same where it may fail: undefined then. */
export function tryGit(
  folder: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): string | undefined {
  const ended = run(folder, args, variables)
  return ended.status === 0 ? ended.stdout.replace(/\n$/, '') : undefined
}

function run(folder: string, args: readonly string[], variables: Readonly<Record<string, string>>) {
  const settings = ['-c', 'commit.gpgSign=false', '-c', 'core.safecrlf=false']
  const ended = spawnSync('git', [...settings, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...gitEnvironment(), ...variables },
  })
  if (ended.error !== undefined) throw new Error(`git could not be run: ${ended.error.message}`)
  return ended
}
