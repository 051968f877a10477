import type { ImagePlan } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import Docker from 'dockerode'
import type { TaskFolder } from '../../shared-folder/task-folder.ts'
import { type Executor, ExecutorRefusal, type ExecutorState } from '../executor.ts'
import { ensureImages } from './images.ts'
import { memoryEventsFile, readMemoryKills } from './memory.ts'
import { closeNetwork, ensureJobsNetwork } from './network.ts'
import { ioPath, type Limits, limitsFor, primaryOptions, serviceOptions } from './options.ts'

const attemptLabel = 'rondo.attempt'
/** The agent a container belongs to, by its data folder: several may share an engine. */
const ownerLabel = 'rondo.agent'

/** Runs tasks in containers of a Docker engine. Undefined when no engine answers. `agentsUrl` is kept from jobs. */
export async function connectDocker(
  owner: string,
  agentsUrl: string,
): Promise<{ executor: Executor; docker: Docker } | undefined> {
  const docker = new Docker({ socketPath: '/var/run/docker.sock', timeout: 120_000 })
  const info = await docker.info().catch(() => undefined)
  if (info === undefined) return undefined
  const machine = { cpus: info.NCPU, memoryMb: Math.floor(info.MemTotal / 1024 / 1024) }
  return { docker, executor: createDockerExecutor(docker, { owner, agentsUrl, machine }) }
}

interface DockerOptions {
  readonly owner: string
  readonly agentsUrl: string
  readonly machine: Limits
}

function createDockerExecutor(docker: Docker, options: DockerOptions): Executor {
  return {
    kind: 'docker',
    ioPath,
    async prepare(spec, folder, say, signal) {
      if (spec.job.executor.type !== 'docker')
        throw new ExecutorRefusal(`The ${spec.job.executor.type} executor is not available on this agent.`)
      const label = `${attemptLabel}=${spec.attemptId}`
      try {
        return await startContainers(docker, options, { spec, folder, say, signal }, spec.job.executor.images)
      } catch (error) {
        await removeLabelled(docker, label)
        throw error
      }
    },
    async adopt(state) {
      return (await inspectPrimary(docker, state))?.State.Running ?? false
    },
    async health(state) {
      const found = await inspectPrimary(docker, state)
      return {
        alive: found?.State.Running ?? false,
        outOfMemory: (found?.State.OOMKilled ?? false) || readMemoryKills(state.memoryEvents ?? '') > 0,
      }
    },
    memoryKills: (state) => readMemoryKills(state.memoryEvents ?? ''),
    halt: (state) => removeContainers(docker, state),
    remove: (state) => removeContainers(docker, state),
    async killAsRoot(state, id) {
      const exec = await docker
        .getContainer(idsOf(state)[0] ?? '')
        .exec({ Cmd: ['/bin/sh', `${ioPath}/stop.sh`, ioPath, id, 'KILL'], User: '0' })
      await exec.start({ Detach: true })
    },
    reachable: (url) =>
      url.replace(
        /^((?:https?|ssh):\/\/(?:[^@/]*@)?)(localhost|127\.0\.0\.1|0\.0\.0\.0)(?=[:/]|$)/,
        '$1host.docker.internal',
      ),
  }
}

async function removeContainers(docker: Docker, state: ExecutorState): Promise<void> {
  for (const id of idsOf(state).reverse()) {
    await docker
      .getContainer(id)
      .remove({ force: true, v: true })
      .catch((error) => {
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error
      })
  }
}

interface Preparation {
  readonly spec: TaskSpec
  readonly folder: TaskFolder
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

async function startContainers(
  docker: Docker,
  options: DockerOptions,
  { spec, folder, say, signal }: Preparation,
  images: readonly ImagePlan[],
): Promise<ExecutorState> {
  const limits = limitsFor(spec, options.machine, say)
  const [primary, ...services] = images
  if (primary === undefined) throw new ExecutorRefusal('The job names no image.')
  const [network] = await Promise.all([
    ensureJobsNetwork(docker),
    // An agent that died while it prepared left containers whose supervisors would read the same commands.
    removeLabelled(docker, `${attemptLabel}=${spec.attemptId}`),
    ensureImages(docker, images, spec, say, signal),
  ])
  const names = services.flatMap((service) => (service.name ? [`${service.name}:127.0.0.1`] : []))
  const labels = { [attemptLabel]: spec.attemptId, [ownerLabel]: options.owner }
  const container = await docker.createContainer(
    primaryOptions(spec, folder, primary, { limits, names, labels, network: network.name }),
  )
  const ids = [container.id]
  await container.start()
  const { State } = await container.inspect()
  const open = await closeNetwork(State.Pid, network.subnets, {
    webUrl: spec.checkout.url,
    ...(spec.checkout.ssh === null ? {} : { sshUrl: spec.checkout.ssh.url }),
    agentsUrl: options.agentsUrl,
  })
  if (open !== undefined)
    say(`NOTICE: this job's network could not be closed towards the machine and its cloud's credentials (${open}).`)
  for (const service of services) {
    say(`Starting container ${service.image}`)
    const helper = await docker.createContainer(serviceOptions(spec, service, container.id, limits, labels))
    ids.push(helper.id)
    await helper.start()
  }
  return { containers: ids.join(' '), memoryEvents: memoryEventsFile(State.Pid) }
}

function idsOf(state: ExecutorState): string[] {
  return (state.containers ?? '').split(' ').filter(Boolean)
}

async function inspectPrimary(docker: Docker, state: ExecutorState): Promise<Docker.ContainerInspectInfo | undefined> {
  return docker
    .getContainer(idsOf(state)[0] ?? '')
    .inspect()
    .catch(() => undefined)
}

/** Removes this agent's containers of attempts it does not know any more; answers how many. */
export async function removeLeftovers(docker: Docker, owner: string, keep: ReadonlySet<string>): Promise<number> {
  return removeLabelled(docker, `${ownerLabel}=${owner}`, keep)
}

async function removeLabelled(docker: Docker, label: string, keep: ReadonlySet<string> = new Set()): Promise<number> {
  const containers = await docker.listContainers({ all: true, filters: { label: [label] } })
  const leftovers = containers.filter((container) => !keep.has(container.Labels[attemptLabel] ?? ''))
  for (const container of leftovers) {
    await docker
      .getContainer(container.Id)
      .remove({ force: true, v: true })
      .catch(() => {})
  }
  return leftovers.length
}
