import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Limits of a control group; the kernel counts what each cost the processes in it. */
type Limit = 'memory' | 'pids'

/** In versions 1 and 2. */
const files = { memory: ['memory.oom_control', 'memory.events'], pids: ['pids.events', 'pids.events'] } as const

/** The file in which a limit's cost to a process's control group is counted; empty when it is out of sight, as for an engine on another machine. */
export function eventsFile(pid: number, limit: Limit): string {
  try {
    return eventsFileFor(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), limit)
  } catch {
    // The process has ended, or there is no such file system here.
    return ''
  }
}

/** The same, of what `/proc/PID/cgroup` says. */
export function eventsFileFor(text: string, limit: Limit): string {
  const groups = text.trim().split('\n')
  const [first, second] = files[limit]
  for (const group of groups) {
    const [, controllers = '', ...path] = group.split(':')
    if (controllers.split(',').includes(limit)) return `/sys/fs/cgroup/${limit}${path.join(':')}/${first}`
    if (controllers === '' && groups.length === 1) return `/sys/fs/cgroup${path.join(':')}/${second}`
  }
  return ''
}

/** That of memory, of a container's folders as `usageFolders` has them. */
export function memoryEventsFileIn(folders: string): string {
  const memory = folders.split(' ').at(-1) || undefined
  if (memory === undefined) return ''
  return files.memory.map((name) => join(memory, name)).find((file) => existsSync(file)) ?? ''
}

/** Processes that the kernel killed for memory. */
export function readMemoryKills(file: string): number {
  return readCount(file, /^oom_kill (\d+)/m)
}

/** How often the kernel refused a further process. */
export function readRefusedForks(file: string): number {
  return readCount(file, /^max (\d+)/m)
}

function readCount(file: string, line: RegExp): number {
  try {
    return Number(line.exec(readFileSync(file, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
