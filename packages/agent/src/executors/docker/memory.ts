import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The file in which the kernel counts the processes it killed in a process's control group for memory, in versions 1 and 2;
 * empty when it is out of sight, as for an engine on another machine.
 */
export function memoryEventsFile(pid: number): string {
  try {
    return eventsFileFor(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))
  } catch {
    // The process has ended, or there is no such file system here.
    return ''
  }
}

/** The same, of what `/proc/PID/cgroup` says. */
export function eventsFileFor(text: string): string {
  const groups = text.trim().split('\n')
  for (const group of groups) {
    const [, controllers = '', ...path] = group.split(':')
    if (controllers.split(',').includes('memory')) return `/sys/fs/cgroup/memory${path.join(':')}/memory.oom_control`
    if (controllers === '' && groups.length === 1) return `/sys/fs/cgroup${path.join(':')}/memory.events`
  }
  return ''
}

/** The same, of a container's folders as `usageFolders` has them. */
export function eventsFileIn(folders: string): string {
  const memory = folders.split(' ').at(-1) || undefined
  if (memory === undefined) return ''
  return (
    ['memory.oom_control', 'memory.events'].map((name) => join(memory, name)).find((file) => existsSync(file)) ?? ''
  )
}

export function readMemoryKills(file: string): number {
  try {
    return Number(/^oom_kill (\d+)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
