import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from '@rondo/testkit'

const ticksPerSecond = 100

/** The server's process id. */
export function serverPid(stack: Stack): number {
  return Number(readFileSync(join(stack.data, 'server.pid'), 'utf8').split(/\s/)[0])
}

/** Seconds of processor time that a process has used. */
export function processorSeconds(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = rest.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Megabytes that a process holds in memory. */
export function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}
