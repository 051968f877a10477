import { join } from 'node:path'
import Docker from 'dockerode'
import { type Executor, ExecutorRefusal, type ExecutorState } from '../executor.ts'
import { attendContainer } from './attend.ts'
import { createImages } from './images.ts'
import { readMemoryKills } from './memory.ts'
import { ioPath } from './options.ts'
import { openPrivateImages } from './private-images.ts'
import type { DockerSettings } from './settings.ts'
import { attemptLabel, type Engine, ownerLabel, removeContainer, removeLabelled, startContainers } from './start.ts'
import { startFailure } from './start-refusal.ts'

export interface DockerOptions {
  readonly settings: DockerSettings
  /** The agent's data folder. */
  readonly owner: string
  /** Address for agents, which jobs are kept from. */
  readonly agentsUrl: string
}

/** An engine that answers, and the executor that works on it. */
export interface ConnectedDocker {
  readonly executor: Executor
  readonly docker: Docker
}

/** Runs tasks in containers of an engine that speaks Docker's API. Undefined when none answers. */
export async function connectDocker(options: DockerOptions): Promise<ConnectedDocker | undefined> {
  const { settings, owner, agentsUrl } = options
  const docker = new Docker({ socketPath: settings.socket, timeout: 120_000 })
  const info = await docker.info().catch(() => undefined)
  if (info === undefined) return undefined
  const engine: Engine = {
    docker,
    images: createImages(docker, settings.images, openPrivateImages(join(owner, 'private-images.json'))),
    settings,
    owner,
    agentsUrl,
    machine: { cpus: info.NCPU, memoryMb: Math.floor(info.MemTotal / 1024 / 1024) },
    architecture: info.Architecture,
  }
  return { docker, executor: createDockerExecutor(engine) }
}

function createDockerExecutor(engine: Engine): Executor {
  const { docker } = engine
  return {
    kind: 'docker',
    ioPath,
    async prepare(spec, folder, say, signal) {
      if (spec.job.executor.type !== 'docker')
        throw new ExecutorRefusal(`The ${spec.job.executor.type} executor is not available on this agent.`)
      try {
        return await startContainers(engine, { spec, folder, say, signal }, spec.job.executor.images)
      } catch (error) {
        await removeLabelled(docker, `${attemptLabel}=${spec.attemptId}`)
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
    startFailure: (state) => startFailure(docker, idsOf(state)[0] ?? '', engine.architecture),
    memoryKills: (state) => readMemoryKills(state.memoryEvents ?? ''),
    images: (state) => JSON.parse(state.images ?? '[]'),
    attended: (state) => attendedOf(state).map(({ name }) => name),
    attend: (state, position, from, write, signal) =>
      attendContainer(docker, attendedOf(state)[position]?.id ?? '', from, write, signal),
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
  for (const id of idsOf(state).reverse()) await removeContainer(docker, id)
}

function idsOf(state: ExecutorState): string[] {
  return (state.containers ?? '').split(' ').filter(Boolean)
}

function attendedOf(state: ExecutorState): readonly { readonly id: string; readonly name: string }[] {
  return JSON.parse(state.attended ?? '[]')
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
