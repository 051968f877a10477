/** What a task may use at most. */
export interface Resources {
  readonly cpus: number
  readonly memoryMb: number
}

/** A machine's CPUs are offered to tasks this many times over, since small jobs mostly wait; memory once. */
export const cpuOvercommit = 2

const docker: Readonly<Record<string, Resources>> = {
  small: { cpus: 1, memoryMb: 2048 },
  medium: { cpus: 2, memoryMb: 4096 },
  'medium+': { cpus: 3, memoryMb: 6144 },
  large: { cpus: 4, memoryMb: 8192 },
  xlarge: { cpus: 8, memoryMb: 16384 },
  '2xlarge': { cpus: 16, memoryMb: 32768 },
  '2xlarge+': { cpus: 20, memoryMb: 40960 },
  'arm.medium': { cpus: 2, memoryMb: 8192 },
  'arm.large': { cpus: 4, memoryMb: 16384 },
  'arm.xlarge': { cpus: 8, memoryMb: 32768 },
  'arm.2xlarge': { cpus: 16, memoryMb: 65536 },
}

const machine: Readonly<Record<string, Resources>> = {
  medium: { cpus: 2, memoryMb: 7680 },
  large: { cpus: 4, memoryMb: 15360 },
  xlarge: { cpus: 8, memoryMb: 32768 },
  '2xlarge': { cpus: 16, memoryMb: 65536 },
  '2xlarge+': { cpus: 32, memoryMb: 65536 },
}

const defaults = { docker: 'medium', machine: 'medium', macos: 'm4pro.medium' } as const

/** The class a job runs in when its config names none. Source: semantics 13.5, ledger I-052. */
export function defaultResourceClass(executor: 'docker' | 'machine' | 'macos'): string {
  return defaults[executor]
}

/** CPUs and memory of a named class; undefined when the class is not known for this executor. `.gen2` equals its base. */
export function resourcesOf(executor: 'docker' | 'machine' | 'macos', resourceClass: string): Resources | undefined {
  const base = resourceClass.replace(/\.gen[23]$/, '')
  if (executor === 'docker') return docker[base]
  if (executor === 'machine') return machine[base]
  return undefined
}

/** The classes of an executor by their base names, the smallest first; none for one that has none here. */
export function resourceClassesOf(executor: 'docker' | 'machine' | 'macos'): readonly string[] {
  if (executor === 'docker') return Object.keys(docker)
  return executor === 'machine' ? Object.keys(machine) : []
}

/** All classes by their base names, the smallest first. Jobs of others fail before they wait, those of self-hosted ones too. */
export const resourceClassNames: readonly string[] = [...new Set([...Object.keys(docker), ...Object.keys(machine)])]

/** Whether jobs of some executor may ask for the class. */
export function isResourceClass(name: string): boolean {
  return resourcesOf('docker', name) !== undefined || resourcesOf('machine', name) !== undefined
}
