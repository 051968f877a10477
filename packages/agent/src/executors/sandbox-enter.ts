import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type ProcessIdentity, processLives, type SshProgram, type TerminalSize } from '@rondo/adapters'
import { quote } from '../task/shell.ts'
import { ioPath } from './sandbox-root.ts'

const script = fileURLToPath(new URL('./sandbox-enter.sh', import.meta.url))

/** A sandbox that is there: its first process, and the control groups that its processes are in. */
export interface EnteredSandbox {
  readonly first: ProcessIdentity
  readonly groups: readonly string[]
}

/**
 * Runs a program in a sandbox, at a terminal or with separate streams. It is one of the job's processes: it has their user, limits
 * and control groups, and ends with them. The terminal is made by `script` of util-linux, inside, so the job can name it.
 */
export async function enterSandbox(
  sandbox: EnteredSandbox,
  command: readonly string[],
  terminal: TerminalSize | undefined,
): Promise<SshProgram> {
  const name = `terminal-${crypto.randomUUID()}`
  const child = await start(sandbox, terminal === undefined ? command : atTerminal(command, terminal, name))
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  child.stdin.on('error', () => {
    // It ends when the program does; what is written after that is for nobody.
  })
  return {
    input: child.stdin,
    output: child.stdout,
    errors: terminal === undefined ? child.stderr : undefined,
    async resize({ columns, rows }) {
      if (terminal === undefined) return
      const told = await start(sandbox, ['/bin/sh', '-c', resizing(name, columns, rows)])
      await new Promise((resolve) => told.once('close', resolve))
    },
    exitCode: () => ended,
    async close() {
      child.kill('SIGKILL')
    },
  }
}

/** `script` runs a command line at a terminal of its own; where that is, stands in a file for whoever changes its size. */
function atTerminal(command: readonly string[], { columns, rows }: TerminalSize, name: string): readonly string[] {
  const own = `tty >${ioPath}/${name}; stty cols ${columns} rows ${rows}; exec ${command.map(quote).join(' ')}`
  return ['script', '-qefc', own, '/dev/null']
}

function resizing(name: string, columns: number, rows: number): string {
  return `read -r tty <${ioPath}/${name} && stty -F "$tty" cols ${columns} rows ${rows}`
}

async function start(
  { first, groups }: EnteredSandbox,
  command: readonly string[],
): Promise<ChildProcessWithoutNullStreams> {
  if (!processLives(first)) throw new Error('the job’s sandbox has ended')
  const [uid, limits] = await Promise.all([userOf(first.pid), limitsOf(first.pid)])
  const args = [script, String(first.pid), uid, limits.processes, limits.data, groups.join('\n'), ...command]
  const child = spawn('/bin/sh', args, { cwd: '/', env: { PATH: path, LANG: 'C.UTF-8' } })
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  return child
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The job's user as the host knows it; `same` when the agent could not choose one. */
async function userOf(pid: number): Promise<string> {
  if (process.getuid?.() !== 0) return 'same'
  const [, uid] = /^Uid:\t(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  if (uid === undefined || uid === '0') throw new Error('the job’s user cannot be read')
  return uid
}

/** Those of the sandbox's processes, for where no control group holds them. */
async function limitsOf(pid: number): Promise<{ readonly processes: string; readonly data: string }> {
  const text = await readFile(`/proc/${pid}/limits`, 'utf8')
  const of = (name: string) => new RegExp(`^Max ${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(text)?.slice(1, 3).join(':')
  return { processes: of('processes') ?? 'unlimited', data: of('data size') ?? 'unlimited' }
}
