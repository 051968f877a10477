import { existsSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { ImagePlan } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import Docker from 'dockerode'
import type { TaskFolder } from '../task-folder.ts'
import { type Executor, ExecutorRefusal, type ExecutorState } from './executor.ts'

const ioPath = '/.rondo'
const attemptLabel = 'rondo.attempt'
/** The agent a container belongs to, by its data folder: several may share an engine. */
const ownerLabel = 'rondo.agent'

/** Runs tasks in containers of a Docker engine. Undefined when no engine answers. */
export async function connectDocker(owner: string): Promise<{ executor: Executor; docker: Docker } | undefined> {
  const docker = new Docker({ socketPath: '/var/run/docker.sock', timeout: 120_000 })
  try {
    const info = await docker.info()
    return {
      docker,
      executor: createDockerExecutor(docker, owner, {
        cpus: info.NCPU,
        memoryMb: Math.floor(info.MemTotal / 1024 / 1024),
      }),
    }
  } catch {
    return undefined
  }
}

function createDockerExecutor(docker: Docker, owner: string, machine: { cpus: number; memoryMb: number }): Executor {
  return {
    kind: 'docker',
    ioPath,
    async prepare(spec, folder, say, signal) {
      if (spec.job.executor.type !== 'docker')
        throw new ExecutorRefusal(`The ${spec.job.executor.type} executor is not available on this agent.`)
      const limits = limitsFor(spec, machine, say)
      const [primary, ...services] = spec.job.executor.images
      if (primary === undefined) throw new ExecutorRefusal('The job names no image.')
      for (const image of spec.job.executor.images) await ensureImage(docker, image, spec, say, signal)
      const names = services.flatMap((service) => (service.name ? [`${service.name}:127.0.0.1`] : []))
      const labels = { [attemptLabel]: spec.attemptId, [ownerLabel]: owner }
      const container = await docker.createContainer(primaryOptions(spec, folder, primary, limits, names, labels))
      const ids = [container.id]
      await container.start()
      for (const service of services) {
        say(`Starting container ${service.image}`)
        const helper = await docker.createContainer(serviceOptions(spec, service, container.id, limits, labels))
        ids.push(helper.id)
        await helper.start()
      }
      return { containers: ids.join(' ') }
    },
    adopt: async (state) => (await inspectPrimary(docker, state)).alive,
    health: (state) => inspectPrimary(docker, state),
    async remove(state) {
      for (const id of (state.containers ?? '').split(' ').filter(Boolean).reverse()) {
        await docker
          .getContainer(id)
          .remove({ force: true, v: true })
          .catch((error) => {
            if (error.statusCode !== 404 && error.statusCode !== 409) throw error
          })
      }
    },
    reachable: (url) =>
      url.replace(/^(https?:\/\/)(localhost|127\.0\.0\.1|0\.0\.0\.0)(?=[:/]|$)/, '$1host.docker.internal'),
  }
}

async function inspectPrimary(docker: Docker, state: ExecutorState): Promise<{ alive: boolean; outOfMemory: boolean }> {
  const id = (state.containers ?? '').split(' ')[0] ?? ''
  const found = await docker
    .getContainer(id)
    .inspect()
    .catch(() => undefined)
  return { alive: found?.State.Running ?? false, outOfMemory: (found?.State.OOMKilled ?? false) || oomKills(id) > 0 }
}

/** The kernel's count of processes it killed in a container for memory; control groups of version 1 and 2. */
function oomKills(id: string): number {
  for (const path of [
    `/sys/fs/cgroup/memory/docker/${id}/memory.oom_control`,
    `/sys/fs/cgroup/system.slice/docker-${id}.scope/memory.events`,
    `/sys/fs/cgroup/docker/${id}/memory.events`,
  ]) {
    if (existsSync(path)) return Number(/^oom_kill (\d+)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? 0)
  }
  return 0
}

interface Limits {
  readonly cpus: number
  readonly memoryMb: number
}

function limitsFor(spec: TaskSpec, machine: Limits, say: (line: string) => void): Limits {
  const { cpus, memoryMb, resourceClass } = spec.resources
  const limits = { cpus: Math.min(cpus, machine.cpus), memoryMb: Math.min(memoryMb, machine.memoryMb) }
  say(`Resource class ${resourceClass}: ${cpus} CPUs, ${memoryMb / 1024} GB`)
  if (limits.cpus < cpus || limits.memoryMb < memoryMb)
    say(`This machine is smaller: the job gets ${limits.cpus} CPUs and ${Math.floor(limits.memoryMb / 1024)} GB.`)
  return limits
}

async function ensureImage(
  docker: Docker,
  image: ImagePlan,
  spec: TaskSpec,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const name = expand(image.image, spec)
  say(`Image ${name}`)
  const local = await docker
    .getImage(name)
    .inspect()
    .catch(() => undefined)
  if (local !== undefined) {
    say(`  using ${local.RepoDigests?.[0] ?? local.Id}`)
    return
  }
  say('  pulling')
  try {
    const auth = image.auth && {
      username: expand(image.auth.username, spec),
      password: expand(image.auth.password, spec),
    }
    const stream = await docker.pull(
      name.includes(':') || name.includes('@') ? name : `${name}:latest`,
      auth ? { authconfig: auth } : {},
    )
    signal.addEventListener('abort', () => (stream as Readable).destroy(), { once: true })
    await new Promise<void>((resolve, reject) =>
      docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())),
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '') : String(error)
    throw new ExecutorRefusal(
      `The image ${name} could not be pulled: ${reason.trim()}\nCheck its name and tag, that its registry can be reached from this machine, and the credentials in \`auth\`.`,
    )
  }
}

/** `$VAR` and `${VAR}` in image names and credentials (semantics 13.1). */
function expand(text: string, spec: TaskSpec): string {
  const values = new Map([...spec.environment, ...spec.job.environment].map((entry) => [entry.name, entry.value]))
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, plain) => values.get(braced ?? plain) ?? whole)
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

function primaryOptions(
  spec: TaskSpec,
  folder: TaskFolder,
  image: ImagePlan,
  limits: Limits,
  names: readonly string[],
  labels: Record<string, string>,
): Docker.ContainerCreateOptions {
  return {
    Image: expand(image.image, spec),
    Entrypoint: ['/bin/sh', `${ioPath}/supervisor.sh`, ioPath],
    Cmd: [],
    ...(image.user === undefined ? {} : { User: image.user }),
    Env: image.environment.map((entry) => `${entry.name}=${entry.value}`),
    WorkingDir: '/',
    Labels: labels,
    HostConfig: {
      ...hostConfig(limits),
      Binds: [`${folder.io}:${ioPath}`],
      ExtraHosts: ['host.docker.internal:host-gateway', ...names],
    },
  }
}

/** Services share the primary's network, so they answer on localhost; their names point there too. */
function serviceOptions(
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

/** Removes this agent's containers of attempts it does not know any more; answers how many. */
export async function removeLeftovers(docker: Docker, owner: string, keep: ReadonlySet<string>): Promise<number> {
  const containers = await docker.listContainers({ all: true, filters: { label: [`${ownerLabel}=${owner}`] } })
  const leftovers = containers.filter((container) => !keep.has(container.Labels[attemptLabel] ?? ''))
  for (const container of leftovers)
    await docker
      .getContainer(container.Id)
      .remove({ force: true, v: true })
      .catch(() => {})
  return leftovers.length
}
