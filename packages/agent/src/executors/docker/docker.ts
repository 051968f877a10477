import { basename, join } from 'node:path'
import type { TaskSpec } from '@rondo/protocol'
import Docker from 'dockerode'
import { fillSharedFolder } from '../../shared-folder/task-folder.ts'
import { readUsage } from '../control-groups.ts'
import { type Executor, ExecutorRefusal, type ExecutorState, type RunningImage } from '../executor.ts'
import { existingControlGroups, removeControlGroups } from '../job-groups.ts'
import { attendContainer } from './attend.ts'
import { removeImages, removeLeftovers } from './collect-garbage.ts'
import { expand } from './credentials.ts'
import { overDisk } from './disk-use.ts'
import { endedByItself } from './ended-by-itself.ts'
import { memoryEventsFileIn, readMemoryKills, readRefusedForks } from './event-files.ts'
import { hostGatewayOf } from './host-gateway.ts'
import { openImageUses } from './image-uses.ts'
import { createImages } from './images.ts'
import { attemptLabel } from './labels.ts'
import { ioPath, primaryProcess } from './options.ts'
import { openPrivateImages } from './private-images.ts'
import { openProgram } from './program.ts'
import { removeContainer } from './remove-container.ts'
import { type RuntimeVersions, runtimeFaults, runtimeVersions } from './runtime-faults.ts'
import type { DockerSettings } from './settings.ts'
import { type Engine, removeLabelled, startContainers } from './start.ts'
import { startFailure } from './start-refusal.ts'
import { plainImage, type Reserved, reserveWarm, useWarm, warmRecipe } from './start-warm.ts'
import { writePodmanFilter } from './system-calls.ts'
import { openTerminal } from './terminal.ts'
import { createWarmPool } from './warm-pool.ts'

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
  readonly versions: RuntimeVersions
  /** Known holes of it, each as a sentence. */
  readonly faults: readonly string[]
  /** Folder in which the engine keeps images and containers. */
  readonly folder: string
  /** Names under which it has what these attempts use; what waits for jobs has some of its own. */
  inUse(attempts: () => ReadonlySet<string>): ReadonlySet<string>
  /** Removes what attempts left that are not kept; answers how many things went. */
  removeLeftovers(keep: () => ReadonlySet<string>): Promise<number>
  /** Removes images that jobs brought, oldest use first, until it is enough; answers their names. */
  removeImages(enough: () => Promise<boolean>): Promise<readonly string[]>
  /** Removes the containers that wait for jobs. */
  stop(): Promise<void>
}

/** Runs tasks in containers of an engine that speaks Docker's API. Undefined when none answers. */
export async function connectDocker(options: DockerOptions): Promise<ConnectedDocker | undefined> {
  const { settings, owner, agentsUrl } = options
  const docker = new Docker({ socketPath: settings.socket, timeout: 120_000 })
  const info = await docker.info().catch(() => undefined)
  if (info === undefined) return undefined
  const versions = runtimeVersions(await docker.version())
  const podman = versions.engine.startsWith('podman ')
  const uses = openImageUses(join(owner, 'images.json'))
  const engine: Engine = {
    docker,
    images: createImages(docker, settings.images, openPrivateImages(join(owner, 'private-images.json')), uses),
    warm: createWarmPool({ size: settings.warmContainers, folder: owner, fill: fillSharedFolder }),
    settings,
    owner,
    agentsUrl,
    groupDriver: info.CgroupDriver || 'a way of its own',
    machine: { cpus: info.NCPU, memoryMb: Math.floor(info.MemTotal / 1024 / 1024) },
    hostGateway: hostGatewayOf(versions),
    systemCalls: podman ? await writePodmanFilter(owner) : undefined,
    limitsCores: !podman,
    architecture: info.Architecture,
  }
  const inUse = (attempts: () => ReadonlySet<string>) => {
    const ids = attempts()
    return new Set([...ids, ...engine.warm.labels(ids)])
  }
  return {
    versions,
    faults: runtimeFaults(versions),
    executor: createDockerExecutor(engine),
    folder: info.DockerRootDir,
    inUse,
    removeLeftovers: (keep) => removeLeftovers(docker, owner, () => inUse(keep)),
    stop: () => engine.warm.stop(),
    removeImages: (enough) => removeImages(docker, uses, enough),
  }
}

function createDockerExecutor(engine: Engine): Executor {
  const { docker } = engine
  /** Containers that waited, by the attempt that has them. */
  const reserved = new Map<string, Reserved>()

  async function reserve(spec: TaskSpec, root: string): Promise<void> {
    const found = await reserveWarm(engine, spec, root)
    if (found !== undefined) reserved.set(spec.attemptId, found)
  }

  return {
    kind: 'docker',
    ioPath,
    ...(engine.settings.warmContainers === 0 ? {} : { reserve }),
    async prepare(spec, folder, say, signal) {
      if (spec.job.executor.type !== 'docker')
        throw new ExecutorRefusal(`The ${spec.job.executor.type} executor is not available on this agent.`)
      const warm = reserved.get(spec.attemptId)
      reserved.delete(spec.attemptId)
      const plan = plainImage(spec)
      if (plan !== undefined && engine.settings.warmContainers > 0)
        void engine.images.known(expand(plan.image, spec), undefined).then(
          (image) => {
            if (image !== undefined && primaryProcess(plan, image).length === 0)
              engine.warm.used(warmRecipe(engine, spec, plan, image))
            // Merely not made ahead.
          },
          () => {},
        )
      if (warm !== undefined) return useWarm(engine, spec, warm, say)
      try {
        return await startContainers(engine, { spec, folder, say, signal }, spec.job.executor.images)
      } catch (error) {
        await removeAll(docker, spec.attemptId)
        throw error
      }
    },
    async adopt(state) {
      return (await inspectPrimary(docker, state))?.State.Running ?? false
    },
    async health(state) {
      const found = await inspectPrimary(docker, state)
      const alive = found?.State.Running ?? false
      return {
        alive,
        outOfMemory:
          (found !== undefined && killedForMemory(state, found.State.OOMKilled, found.State.ExitCode)) ||
          readMemoryKills(state.memoryEvents ?? '') > 0,
        byItself: !alive && found !== undefined && (await endedByItself(docker, found)),
      }
    },
    startFailure: (state) =>
      startFailure(docker, idsOf(state)[0] ?? '', imagesOf(state)[0]?.image ?? '', engine.architecture),
    memoryKills: (state) => readMemoryKills(state.memoryEvents ?? ''),
    refusedForks: (state) => readRefusedForks(state.processEvents ?? ''),
    images: imagesOf,
    attended: (state) => attendedOf(state).map(({ name }) => name),
    async attend(state, position, from, write, signal) {
      const end = await attendContainer(docker, attendedOf(state)[position]?.id ?? '', from, write, signal)
      return end && { ...end, outOfMemory: killedForMemory(state, end.outOfMemory, end.exitCode) }
    },
    attendedKills: (state, position) => readMemoryKills(memoryEventsFileIn(attendedOf(state)[position]?.usage ?? '')),
    sharesClass: (state) => state.together !== undefined,
    usage: (state) => readUsage((state.usage ?? '').split('\n').filter(Boolean)),
    ...(engine.settings.diskGb === undefined
      ? {}
      : { overDisk: async (state) => (state.watchedDiskGb === undefined ? undefined : overDisk(docker, state)) }),
    openTerminal: (state, script, size) => openTerminal(docker.getContainer(idsOf(state)[0] ?? ''), script, size),
    openProgram: (state, command, terminal) =>
      openProgram(docker.getContainer(idsOf(state)[0] ?? ''), command, terminal),
    halt: (state) => removeContainers(docker, state),
    async remove(state, { root }) {
      const unused = reserved.get(basename(root))
      reserved.delete(basename(root))
      if (unused !== undefined) await removeContainer(docker, unused.container.id)
      // Of what was cut short while it was made nothing is known but whose it is.
      if (idsOf(state).length === 0) return removeAll(docker, basename(root))
      await removeContainers(docker, state)
      await removeControlGroups(existingControlGroups(basename(root)))
    },
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

/** All that there may be of an attempt, whatever is known of it. */
async function removeAll(docker: Docker, attemptId: string): Promise<void> {
  await removeLabelled(docker, `${attemptLabel}=${attemptId}`)
  await removeControlGroups(existingControlGroups(attemptId))
}

/**
 * The engine calls every container below a full control group out of memory; of those that share one only that was whose
 * process was killed.
 */
function killedForMemory(state: ExecutorState, outOfMemory: boolean, exitCode: number): boolean {
  return outOfMemory && (state.together === undefined || exitCode === 128 + 9)
}

function idsOf(state: ExecutorState): string[] {
  return (state.containers ?? '').split(' ').filter(Boolean)
}

function imagesOf(state: ExecutorState): readonly RunningImage[] {
  return JSON.parse(state.images ?? '[]')
}

interface Attended {
  readonly id: string
  readonly name: string
  /** Of a service: see `usageFolders`. */
  readonly usage?: string
}

function attendedOf(state: ExecutorState): readonly Attended[] {
  return JSON.parse(state.attended ?? '[]')
}

async function inspectPrimary(docker: Docker, state: ExecutorState): Promise<Docker.ContainerInspectInfo | undefined> {
  return docker
    .getContainer(idsOf(state)[0] ?? '')
    .inspect()
    .catch(() => undefined)
}
