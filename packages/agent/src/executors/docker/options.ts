import type { ImagePlan } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import type Docker from 'dockerode'
import type { ResolvedImage } from './images.ts'

/** Where a job's containers find the folder they share with the agent. */
export const ioPath = '/.rondo'

export interface Limits {
  readonly cpus: number
  readonly memoryMb: number
}

/** What every container of a job gets. */
export interface Place {
  readonly limits: Limits
  readonly labels: Readonly<Record<string, string>>
  /** The control group that it shares with the job's other containers. */
  readonly group?: string | undefined
  /** What it may write, if the engine can tell. */
  readonly diskGb: number | undefined
  readonly sudo: 'allow' | 'refuse'
  /** File with the filter of system calls; without one the engine's own. */
  readonly systemCalls: string | undefined
  /** Whether the engine limits dumps of memory and nothing else beside. Podman then sets further limits, which not every machine allows. */
  readonly limitsCores: boolean
}

export const maxProcesses = 4096

/** What the resource class gives, cut to what the machine has. */
export function limitsFor(spec: TaskSpec, machine: Limits, say: (line: string) => void): Limits {
  const { cpus, memoryMb, resourceClass } = spec.resources
  const limits = { cpus: Math.min(cpus, machine.cpus), memoryMb: Math.min(memoryMb, machine.memoryMb) }
  say(`Resource class ${resourceClass}: ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}, ${memoryMb / 1024} GB`)
  if (limits.cpus < cpus || limits.memoryMb < memoryMb)
    say(`This machine is smaller: the job gets ${limits.cpus} CPUs and ${Math.floor(limits.memoryMb / 1024)} GB.`)
  return limits
}

function hostConfig({ limits, diskGb, sudo, systemCalls, limitsCores, group }: Place): Docker.HostConfig {
  return {
    NanoCpus: Math.floor(limits.cpus * 1e9),
    Memory: limits.memoryMb * 1024 * 1024,
    MemorySwap: limits.memoryMb * 1024 * 1024,
    PidsLimit: maxProcesses,
    ...(group === undefined ? {} : { CgroupParent: group }),
    ...(diskGb === undefined ? {} : { StorageOpt: { size: `${diskGb}G` } }),
    // A job may become root by sudo, as images made for this config language expect; it never gets devices or raw sockets.
    CapDrop: ['MKNOD', 'NET_RAW'],
    SecurityOpt: [
      ...(sudo === 'allow' ? [] : ['no-new-privileges:true']),
      ...(systemCalls === undefined ? [] : [`seccomp=${systemCalls}`]),
    ],
    // A program that crashes leaves its memory, and so the job's secrets, neither in a file nor with the machine's crash handler,
    // which one byte keeps the kernel from starting. A step that wants dumps says so itself (`ulimit -c unlimited`).
    ...(limitsCores ? { Ulimits: [{ Name: 'core', Soft: 1, Hard: -1 }] } : {}),
    // What containers print is shown while they run; of a flood, the engine's disk keeps this much.
    LogConfig: { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } },
  }
}

/**
 * What the primary container runs beside the supervisor: nothing, unless the config gives `entrypoint` or `command`, or
 * the image's label asks for its own. A new entry point takes the image's command with it, as for any container.
 */
export function primaryProcess(plan: ImagePlan, image: ResolvedImage): readonly string[] {
  const { entrypoint, command } = plan
  if (entrypoint === undefined && command === undefined)
    return image.labels['com.circleci.preserve-entrypoint'] === 'true' ? [...image.entrypoint, ...image.command] : []
  return [...(entrypoint ?? image.entrypoint), ...(command ?? [])].filter((word, at) => at > 0 || word !== '')
}

/** The container in which the supervisor and all steps run. */
export function primaryOptions(
  image: ResolvedImage,
  plan: Pick<ImagePlan, 'user' | 'environment'>,
  place: Place & {
    /** The shared folder as the engine's machine has it, and whose it is. */
    readonly io: string
    readonly token: string
    /** Words of a process to run beside the supervisor. */
    readonly process: readonly string[]
    /** Further host names of the job's containers. */
    readonly names: readonly string[]
    readonly network: string
    /** What `host.docker.internal` stands for. */
    readonly hostGateway: string
  },
): Docker.ContainerCreateOptions {
  return {
    Image: image.id,
    Entrypoint: ['/bin/sh', `${ioPath}/supervisor.sh`, ioPath, place.token, ...place.process],
    Cmd: [],
    ...(plan.user === undefined ? {} : { User: plan.user }),
    Env: plan.environment.map((entry) => `${entry.name}=${entry.value}`),
    ...(place.process.length > 0 ? {} : { WorkingDir: '/' }),
    Labels: { ...place.labels },
    HostConfig: {
      ...hostConfig(place),
      // Somebody must bury what steps leave behind. A service is its image's own affair, which may want to be the first.
      Init: true,
      NetworkMode: place.network,
      Binds: [`${place.io}:${ioPath}`],
      ExtraHosts: [`host.docker.internal:${place.hostGateway}`, ...place.names.map((name) => `${name}:127.0.0.1`)],
    },
  }
}

/** Services share the primary's network, so they answer on localhost; their names point there too. */
export function serviceOptions(
  image: ResolvedImage,
  plan: ImagePlan,
  environment: TaskSpec['environment'],
  place: Place & { readonly primaryId: string },
): Docker.ContainerCreateOptions {
  return {
    Image: image.id,
    ...(plan.entrypoint === undefined ? {} : { Entrypoint: [...plan.entrypoint] }),
    ...(plan.command === undefined ? {} : { Cmd: [...plan.command] }),
    ...(plan.user === undefined ? {} : { User: plan.user }),
    Env: [...environment, ...plan.environment].map((entry) => `${entry.name}=${entry.value}`),
    Labels: { ...place.labels },
    HostConfig: { ...hostConfig(place), NetworkMode: `container:${place.primaryId}` },
  }
}
