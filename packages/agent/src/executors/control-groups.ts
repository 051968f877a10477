import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What a job has used so far, and uses now. */
export interface Usage {
  /** Processor time since it began, milliseconds. */
  readonly cpuMs: number
  readonly memoryBytes: number
}

const mount = '/sys/fs/cgroup'

/**
 * Folders of a process's control groups in which the kernel counts processor time and memory, in versions 1 and 2, as
 * `CPU MEMORY`; empty when they are out of sight, as for an engine on another machine.
 */
export function usageFolders(pid: number): string {
  const groups = read(`/proc/${pid}/cgroup`)
  return groups === undefined ? '' : foldersFor(groups)
}

/** The same, of what `/proc/PID/cgroup` says. */
export function foldersFor(text: string): string {
  const groups = text
    .trim()
    .split('\n')
    .map((line) => line.split(':'))
  const path = (controller: string) => {
    const found = groups.find(([, names = '']) => names.split(',').includes(controller))
    return found === undefined ? undefined : `${mount}/${controller}${found.slice(2).join(':')}`
  }
  const [cpu, memory] = [path('cpuacct'), path('memory')]
  if (cpu !== undefined && memory !== undefined) return `${cpu} ${memory}`
  const unified = groups.find(([, names]) => names === '')
  return unified === undefined ? '' : `${mount}${unified.slice(2).join(':')} ${mount}${unified.slice(2).join(':')}`
}

/** The usage of all these pairs of folders together; undefined when none can be read. Caches of files do not count. */
export function readUsage(pairs: readonly string[]): Usage | undefined {
  const all = pairs.flatMap((pair) => {
    const [cpu = '', memory = ''] = pair.split(' ')
    const cpuMs = readCpu(cpu)
    const memoryBytes = readMemory(memory)
    return cpuMs === undefined || memoryBytes === undefined ? [] : [{ cpuMs, memoryBytes }]
  })
  return all.length === 0 ? undefined : sum(all)
}

function readCpu(folder: string): number | undefined {
  const [nanoseconds, unified] = [read(`${folder}/cpuacct.usage`), read(`${folder}/cpu.stat`)]
  if (nanoseconds !== undefined) return Number(nanoseconds) / 1e6
  const microseconds = /^usage_usec (\d+)/m.exec(unified ?? '')?.[1]
  return microseconds === undefined ? undefined : Number(microseconds) / 1000
}

function readMemory(folder: string): number | undefined {
  const used = read(`${folder}/memory.current`) ?? read(`${folder}/memory.usage_in_bytes`)
  if (used === undefined) return undefined
  const cached = /^(?:total_)?inactive_file (\d+)/m.exec(read(`${folder}/memory.stat`) ?? '')?.[1] ?? 0
  return Math.max(0, Number(used) - Number(cached))
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const ticksPerMs = 0.1
const pageBytes = 4096

/** The usage of all processes in the namespace of one, where nobody may make control groups; what ended unseen is left out. */
export function readNamespaceUsage(first: number): Usage | undefined {
  const namespace = namespaceOf(String(first))
  if (namespace === undefined) return undefined
  return sum(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && namespaceOf(name) === namespace)
      .flatMap((name) => {
        const stat = read(`/proc/${name}/stat`)
        if (stat === undefined) return []
        const fields = stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number)
        // Fields 14 to 17: its own time and that of children it has waited for; 24: resident pages.
        const ticks = fields.slice(11, 15).reduce((all, one) => all + one, 0)
        return [{ cpuMs: ticks / ticksPerMs, memoryBytes: (fields[21] ?? 0) * pageBytes }]
      }),
  )
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}

function sum(all: readonly Usage[]): Usage {
  return {
    cpuMs: all.reduce((total, one) => total + one.cpuMs, 0),
    memoryBytes: all.reduce((total, one) => total + one.memoryBytes, 0),
  }
}
