import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface GroupLimits {
  readonly cpus: number
  readonly memoryMb: number
  readonly processes: number
}

const mount = '/sys/fs/cgroup'
const periodUs = 100_000
const removedWithinMs = 20_000

/** Control groups one name has, version 1 or 2, whether they exist or not. */
export function controlGroupPaths(name: string): readonly string[] {
  if (existsSync(join(mount, 'cgroup.controllers'))) return [join(mount, 'rondo', name)]
  return ['memory', 'pids', 'cpu'].map((controller) => join(mount, controller, 'rondo', name))
}

/**
 * Makes the control groups of one attempt with its limits; undefined where this user may make none. A process joins by
 * writing its number into `cgroup.procs` of each.
 */
export function makeControlGroups(name: string, limits: GroupLimits): readonly string[] | undefined {
  const groups = controlGroupPaths(name)
  try {
    const [first = '', pids, cpu] = groups
    if (pids === undefined || cpu === undefined) limitUnified(first, limits)
    else limitSeparate(first, pids, cpu, limits)
    return groups
  } catch {
    // Not allowed, read-only, or a kernel without them: the caller says so to the user.
    for (const group of groups) removeEmpty(group)
    return undefined
  }
}

function limitUnified(group: string, limits: GroupLimits): void {
  const parent = dirname(group)
  writeFileSync(join(mount, 'cgroup.subtree_control'), '+cpu +memory +pids')
  mkdirSync(parent, { recursive: true })
  writeFileSync(join(parent, 'cgroup.subtree_control'), '+cpu +memory +pids')
  mkdirSync(group, { recursive: true })
  writeFileSync(join(group, 'memory.max'), String(limits.memoryMb * 1024 * 1024))
  const swap = join(group, 'memory.swap.max')
  if (existsSync(swap)) writeFileSync(swap, '0')
  writeFileSync(join(group, 'pids.max'), String(limits.processes))
  writeFileSync(join(group, 'cpu.max'), `${Math.floor(limits.cpus * periodUs)} ${periodUs}`)
}

function limitSeparate(memory: string, pids: string, cpu: string, limits: GroupLimits): void {
  for (const group of [memory, pids, cpu]) mkdirSync(group, { recursive: true })
  // Older kernels count groups below this one with it only if told so, while there are none.
  const counted = join(memory, 'memory.use_hierarchy')
  if (existsSync(counted) && readFileSync(counted, 'utf8').trim() === '0') writeFileSync(counted, '1')
  writeFileSync(join(memory, 'memory.limit_in_bytes'), String(limits.memoryMb * 1024 * 1024))
  const withSwap = join(memory, 'memory.memsw.limit_in_bytes')
  if (existsSync(withSwap)) writeFileSync(withSwap, String(limits.memoryMb * 1024 * 1024))
  writeFileSync(join(pids, 'pids.max'), String(limits.processes))
  writeFileSync(join(cpu, 'cpu.cfs_period_us'), String(periodUs))
  writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(Math.floor(limits.cpus * periodUs)))
}

/** How many processes the kernel killed in these groups for memory. */
export function outOfMemoryKills(groups: readonly string[]): number {
  return countIn(groups, ['memory.events', 'memory.oom_control'], /^oom_kill (\d+)/m)
}

/** How often the kernel refused a process in these groups, which had as many as they may. */
export function refusedForks(groups: readonly string[]): number {
  return countIn(groups, ['pids.events'], /^max (\d+)/m)
}

/** What the first of these files that there is in one of the groups counts. */
function countIn(groups: readonly string[], files: readonly string[], line: RegExp): number {
  const found = groups.flatMap((group) => files.map((file) => join(group, file))).find((file) => existsSync(file))
  return found === undefined ? 0 : Number(line.exec(readFileSync(found, 'utf8'))?.[1] ?? 0)
}

/** All that exist by a name: below groups of ours an engine makes some in every hierarchy of version 1. */
export function existingControlGroups(name: string): readonly string[] {
  return groupFolders()
    .map((folder) => join(folder, name))
    .filter((group) => existsSync(group))
}

/** Folders that may hold groups of attempts, one for each hierarchy there is. */
export function groupFolders(): readonly string[] {
  const hierarchies = existsSync(join(mount, 'cgroup.controllers')) || !existsSync(mount) ? ['.'] : readdirSync(mount)
  return hierarchies.map((hierarchy) => join(mount, hierarchy, 'rondo'))
}

/** Removes groups whose processes were just killed: each is busy until the last one is gone, and there may be thousands. */
export async function removeControlGroups(groups: readonly string[]): Promise<void> {
  for (const deadline = performance.now() + removedWithinMs; performance.now() < deadline; await sleep(10))
    if (groups.filter((group) => !removeEmpty(group)).length === 0) return
}

function removeEmpty(group: string): boolean {
  try {
    rmdirSync(group)
  } catch {
    // It holds a process, or was never made.
  }
  return !existsSync(group)
}
