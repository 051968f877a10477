import { readFileSync } from 'node:fs'

/**
 * What names a process for good: its number, its kernel start time in clock ticks, and the boot these belong to. A number
 * is used again, and after a reboot so may be both.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly started: string
  readonly boot: string
}

/** Undefined when no such process lives. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const started = startTime(pid)
  return started === undefined ? undefined : { pid, started, boot: bootId() }
}

/** Whether the process that was identified so still lives; another one with its number is not it. */
export function processLives(identity: ProcessIdentity): boolean {
  return identity.boot === bootId() && startTime(identity.pid) === identity.started
}

export function formatIdentity(identity: ProcessIdentity): string {
  return `${identity.pid} ${identity.started} ${identity.boot}\n`
}

/** Undefined for text that `formatIdentity` did not write, or wrote in part. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const match = /^(\d+) (\d+) (\S+)\n$/.exec(text)
  return match === null ? undefined : { pid: Number(match[1]), started: match[2] ?? '', boot: match[3] ?? '' }
}

function startTime(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const [state, ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === undefined || state === '' || state === 'Z' || state === 'X' ? undefined : others[18]
}

function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id').trim() || 'unknown'
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
