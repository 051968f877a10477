import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface SandboxLimits {
  readonly cpus: number
  readonly memoryMb: number
  readonly processes: number
}

const mount = '/sys/fs/cgroup'
const periodUs = 100_000

/**
 * Control groups of one attempt, version 1 or 2, with its limits set; undefined where this user may make none. A process
 * joins by writing its number into `cgroup.procs` of each.
 */
export function makeControlGroups(name: string, limits: SandboxLimits): readonly string[] | undefined {
  try {
    return existsSync(join(mount, 'cgroup.controllers')) ? makeUnified(name, limits) : makeSeparate(name, limits)
  } catch {
    // Not allowed, read-only, or a kernel without them: the caller says so to the user.
    return undefined
  }
}

function makeUnified(name: string, limits: SandboxLimits): readonly string[] {
  const parent = join(mount, 'rondo')
  const group = join(parent, name)
  writeFileSync(join(mount, 'cgroup.subtree_control'), '+cpu +memory +pids')
  mkdirSync(parent, { recursive: true })
  writeFileSync(join(parent, 'cgroup.subtree_control'), '+cpu +memory +pids')
  mkdirSync(group, { recursive: true })
  writeFileSync(join(group, 'memory.max'), String(limits.memoryMb * 1024 * 1024))
  writeFileSync(join(group, 'memory.swap.max'), '0')
  writeFileSync(join(group, 'pids.max'), String(limits.processes))
  writeFileSync(join(group, 'cpu.max'), `${Math.floor(limits.cpus * periodUs)} ${periodUs}`)
  return [group]
}

function makeSeparate(name: string, limits: SandboxLimits): readonly string[] {
  const group = (controller: string) => {
    const path = join(mount, controller, 'rondo', name)
    mkdirSync(path, { recursive: true })
    return path
  }
  const [memory, pids, cpu] = [group('memory'), group('pids'), group('cpu')]
  writeFileSync(join(memory, 'memory.limit_in_bytes'), String(limits.memoryMb * 1024 * 1024))
  const withSwap = join(memory, 'memory.memsw.limit_in_bytes')
  if (existsSync(withSwap)) writeFileSync(withSwap, String(limits.memoryMb * 1024 * 1024))
  writeFileSync(join(pids, 'pids.max'), String(limits.processes))
  writeFileSync(join(cpu, 'cpu.cfs_period_us'), String(periodUs))
  writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(Math.floor(limits.cpus * periodUs)))
  return [memory, pids, cpu]
}

/** How many processes the kernel killed in these groups for memory. */
export function outOfMemoryKills(groups: readonly string[]): number {
  for (const file of groups.flatMap((group) => [join(group, 'memory.events'), join(group, 'memory.oom_control')]))
    if (existsSync(file)) return Number(/^oom_kill (\d+)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0)
  return 0
}

/** Removes groups whose processes were just killed: each is busy until the last one is gone. */
export async function removeControlGroups(groups: readonly string[]): Promise<void> {
  for (const group of groups) {
    for (let tries = 0; existsSync(group) && tries < 200; tries++) {
      try {
        rmdirSync(group)
      } catch {
        await sleep(10)
      }
    }
  }
}
