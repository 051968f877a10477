import type { ImagePlan } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import type Docker from 'dockerode'
import type { TaskFolder } from '../../shared-folder/task-folder.ts'
import { expand } from './images.ts'

/** Where a job's containers find the folder they share with the agent. */
export const ioPath = '/.rondo'

export interface Limits {
  readonly cpus: number
  readonly memoryMb: number
}

/** What the resource class gives, cut to what the machine has. */
export function limitsFor(spec: TaskSpec, machine: Limits, say: (line: string) => void): Limits {
  const { cpus, memoryMb, resourceClass } = spec.resources
  const limits = { cpus: Math.min(cpus, machine.cpus), memoryMb: Math.min(memoryMb, machine.memoryMb) }
  say(`Resource class ${resourceClass}: ${cpus} CPUs, ${memoryMb / 1024} GB`)
  if (limits.cpus < cpus || limits.memoryMb < memoryMb)
    say(`This machine is smaller: the job gets ${limits.cpus} CPUs and ${Math.floor(limits.memoryMb / 1024)} GB.`)
  return limits
}

function hostConfig(limits: Limits): Docker.HostConfig {
  return {
    NanoCpus: Math.floor(limits.cpus * 1e9),
    Memory: limits.memoryMb * 1024 * 1024,
    MemorySwap: limits.memoryMb * 1024 * 1024,
    PidsLimit: 4096,
    // A job may become root by sudo, as images made for this config language expect; it never gets devices or raw sockets.
    CapDrop: ['MKNOD', 'NET_RAW'],
    Init: true,
  }
}

/** The container in which the supervisor and all steps run. */
export function primaryOptions(
  spec: TaskSpec,
  folder: TaskFolder,
  image: ImagePlan,
  place: {
    readonly limits: Limits
    /** Further host names, each as `name:address`. */
    readonly names: readonly string[]
    readonly labels: Record<string, string>
    readonly network: string
  },
): Docker.ContainerCreateOptions {
  return {
    Image: expand(image.image, spec),
    Entrypoint: ['/bin/sh', `${ioPath}/supervisor.sh`, ioPath, spec.attemptId],
    Cmd: [],
    ...(image.user === undefined ? {} : { User: image.user }),
    Env: image.environment.map((entry) => `${entry.name}=${entry.value}`),
    WorkingDir: '/',
    Labels: place.labels,
    HostConfig: {
      ...hostConfig(place.limits),
      NetworkMode: place.network,
      Binds: [`${folder.io}:${ioPath}`],
      ExtraHosts: ['host.docker.internal:host-gateway', ...place.names],
    },
  }
}

/** Services share the primary's network, so they answer on localhost; their names point there too. */
export function serviceOptions(
  spec: TaskSpec,
  image: ImagePlan,
  primaryId: string,
  limits: Limits,
  labels: Record<string, string>,
): Docker.ContainerCreateOptions {
  return {
    Image: expand(image.image, spec),
    ...(image.entrypoint === undefined ? {} : { Entrypoint: [...image.entrypoint] }),
    ...(image.command === undefined ? {} : { Cmd: [...image.command] }),
    ...(image.user === undefined ? {} : { User: image.user }),
    Env: [...spec.environment, ...image.environment].map((entry) => `${entry.name}=${entry.value}`),
    Labels: labels,
    HostConfig: { ...hostConfig(limits), NetworkMode: `container:${primaryId}` },
  }
}
