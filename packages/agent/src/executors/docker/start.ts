import type { ImagePlan } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import type Docker from 'dockerode'
import type { TaskFolder } from '../../shared-folder/task-folder.ts'
import { usageFolders } from '../control-groups.ts'
import { ExecutorRefusal, type ExecutorState } from '../executor.ts'
import { expand, loginFor } from './credentials.ts'
import { eventsFile } from './event-files.ts'
import type { HostGateway } from './host-gateway.ts'
import type { Images, ResolvedImage } from './images.ts'
import { attemptLabel, ownerLabel } from './labels.ts'
import { ensureJobsNetwork, type NetworkCloser, type Openings, prepareClosing } from './network.ts'
import { type Limits, limitsFor, type Place, primaryOptions, primaryProcess, serviceOptions } from './options.ts'
import { removeContainer } from './remove-container.ts'
import type { DockerSettings } from './settings.ts'
import { notShared, shareClass } from './shared-class.ts'
import { startRefusal } from './start-refusal.ts'
import type { WarmPool } from './warm-pool.ts'

export interface Engine {
  readonly docker: Docker
  readonly images: Images
  readonly warm: WarmPool
  readonly settings: DockerSettings
  /** The agent the containers belong to, by its data folder: several may share an engine. */
  readonly owner: string
  /** Address for agents, which jobs are kept from. */
  readonly agentsUrl: string
  readonly machine: Limits
  /** How the engine makes control groups, `cgroupfs` or `systemd`. */
  readonly groupDriver: string
  readonly hostGateway: HostGateway
  /** File with the filter of system calls for its containers; without one its own. */
  readonly systemCalls: string | undefined
  /** See `Place`. */
  readonly limitsCores: boolean
  /** As the kernel calls it. */
  readonly architecture: string
}

/** What holds for each container of an attempt, which its label names. */
export function placeFor(engine: Engine, label: string, limits: Limits): Place {
  const { owner, systemCalls, limitsCores } = engine
  const { diskGb, sudo } = engine.settings
  const labels = { [attemptLabel]: label, [ownerLabel]: owner }
  return { limits, labels, diskGb, sudo, systemCalls, limitsCores }
}

export interface Preparation {
  readonly spec: TaskSpec
  readonly folder: TaskFolder
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Pulls what is missing and starts a job's containers, telling the user of it. */
export async function startContainers(
  engine: Engine,
  preparation: Preparation,
  plans: readonly ImagePlan[],
): Promise<ExecutorState> {
  const { docker } = engine
  const { spec, say } = preparation
  const limits = limitsFor(spec, engine.machine, say)
  const [network, images] = await Promise.all([
    ensureJobsNetwork(docker),
    resolveImages(engine, preparation, plans),
    // An agent that died while it prepared left containers whose supervisors would read the same commands.
    removeLabelled(docker, `${attemptLabel}=${spec.attemptId}`),
  ])
  const shared = plans.length > 1 ? shareClass(engine.groupDriver, { name: spec.attemptId, limits }, say) : undefined
  const place: Place = { ...placeFor(engine, spec.attemptId, limits), group: shared?.parent }
  const primary = await startPrimary(engine, preparation, place, { plans, images, network })
  const together = shared?.holds(primary.pid) ?? false
  if (shared?.parent !== undefined)
    say(
      together ? 'All containers of the job share its resource class' : notShared('the engine makes groups elsewhere'),
    )
  const services = await Promise.all(
    plans.slice(1).map(async (plan, at) => {
      const image = images[at + 1]!
      say(`Starting container ${image.name}`)
      const options = (on: Place) => serviceOptions(image, plan, spec.environment, { ...on, primaryId: primary.id })
      const what = `the service ${plan.name ?? image.name}`
      // How the engine limits containers was said of the first.
      return createContainer(engine, options, place, () => {})
        .then(async (container) => {
          await container.start()
          return { id: container.id, name: image.name, usage: usageFolders((await container.inspect()).State.Pid) }
        })
        .catch((error) => {
          throw startRefusal(error, image, what)
        })
    }),
  )
  return {
    containers: [primary.id, ...services.map((service) => service.id)].join(' '),
    memoryEvents: eventsFile(primary.pid, 'memory'),
    processEvents: eventsFile(primary.pid, 'pids'),
    usage: [usageFolders(primary.pid), ...services.map((service) => service.usage)].join('\n'),
    images: JSON.stringify(images.map(({ name, digest }) => ({ image: name, digest }))),
    ...(together ? { together: 'yes' } : {}),
    ...watchedDisk(engine),
    attended: JSON.stringify([...(primary.attended ? [{ id: primary.id, name: images[0]!.name }] : []), ...services]),
  }
}

async function resolveImages(
  { images, settings }: Engine,
  { spec, say, signal }: Preparation,
  plans: readonly ImagePlan[],
): Promise<readonly ResolvedImage[]> {
  const resolved: ResolvedImage[] = []
  for (const [position, plan] of plans.entries())
    resolved.push(
      await images.ensure({
        image: expand(plan.image, spec),
        pinned: spec.imageDigests?.[position] ?? undefined,
        login: (name) => loginFor(plan, name, spec, { aws: settings.aws, say, signal }),
        say,
        signal,
      }),
    )
  return resolved
}

interface StartedPrimary {
  readonly id: string
  readonly pid: number
  /** It runs a process of its own, whose output is shown. */
  readonly attended: boolean
}

async function startPrimary(
  engine: Engine,
  { spec, folder, say }: Preparation,
  place: Place,
  what: {
    readonly plans: readonly ImagePlan[]
    readonly images: readonly ResolvedImage[]
    readonly network: Awaited<ReturnType<typeof ensureJobsNetwork>>
  },
): Promise<StartedPrimary> {
  const { network } = what
  const [plan] = what.plans
  const [image] = what.images
  if (plan === undefined || image === undefined) throw new ExecutorRefusal('The job names no image.')
  const process = primaryProcess(plan, image)
  const names = what.plans.flatMap((one) => hostName(one, say))
  const options = (on: Place) =>
    primaryOptions(image, plan, {
      ...on,
      io: folder.io,
      token: spec.attemptId,
      process,
      names,
      network: network.name,
      hostGateway: engine.hostGateway(network),
    })
  const closer = prepareClosing(network, openingsOf(engine, spec))
  const { container, pid, open } = await createContainer(engine, options, place, say)
    .then((made) => startClosed(made, closer))
    .catch((error) => {
      throw startRefusal(error, image, 'the primary container')
    })
    .finally(closer.discard)
  if (open !== undefined)
    say(`NOTICE: this job's network could not be closed towards the machine and its cloud's credentials (${open}).`)
  return { id: container.id, pid, attended: process.length > 0 }
}

/** Starts a container and closes its network; answers why that could not be done, if so. */
export async function startClosed(
  container: Docker.Container,
  closer: NetworkCloser,
): Promise<{ readonly container: Docker.Container; readonly pid: number; readonly open: string | undefined }> {
  await container.start()
  const { State } = await container.inspect()
  const open = State.Running ? await closer.close(State.Pid) : undefined
  // One that has ended, by now or meanwhile, runs nothing that would have to be kept in; why it did is told later.
  const runs = open !== undefined && (await container.inspect()).State.Running
  return { container, pid: State.Pid, open: runs ? open : undefined }
}

/** What of the machine a job reaches. */
export function openingsOf({ agentsUrl }: Pick<Engine, 'agentsUrl'>, { checkout }: TaskSpec): Openings {
  return { webUrl: checkout.url, ...(checkout.ssh === null ? {} : { sshUrl: checkout.ssh.url }), agentsUrl }
}

/** A name under which the job's containers find this one; all of them share one network, so it is this very machine. */
function hostName({ name, image }: ImagePlan, say: (line: string) => void): readonly string[] {
  if (name === undefined || name === 'localhost') return []
  if (/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/.test(name)) return [name]
  say(`NOTICE: "${name}", the \`name\` of ${image}, is no name of a host; that container is reached as localhost.`)
  return []
}

/** Engines whose storage cannot limit what a container writes refuse to make one with a limit. */
const withoutDiskLimit = new WeakSet<Docker>()

/** What containers may write, where the agent has to look after it. */
export function watchedDisk({ docker, settings }: Engine): { readonly watchedDiskGb?: string } {
  const watched = settings.diskGb !== undefined && withoutDiskLimit.has(docker)
  return watched ? { watchedDiskGb: String(settings.diskGb) } : {}
}

export async function createContainer(
  { docker }: Engine,
  options: (place: Place) => Docker.ContainerCreateOptions,
  place: Place,
  say: (line: string) => void,
): Promise<Docker.Container> {
  const unlimited = { ...place, diskGb: undefined }
  const untold = place.diskGb !== undefined && withoutDiskLimit.has(docker)
  if (!untold) {
    try {
      return await askForContainer(docker, options(place))
    } catch (error) {
      if (place.diskGb === undefined || !/storage-opt|storage opt|quota/i.test(String(error))) throw error
      withoutDiskLimit.add(docker)
    }
  }
  say(`Disk: ${place.diskGb} GB a container; a job that writes more is stopped.`)
  return askForContainer(docker, options(unlimited))
}

/**
 * The request's body alone says what is wanted. The client would write it into the address as well, and engines keep addresses
 * in their logs: the job's variables, with its secrets, would stand there.
 */
function askForContainer(docker: Docker, options: Docker.ContainerCreateOptions): Promise<Docker.Container> {
  const request = { _query: {}, _body: options }
  return docker.createContainer(request as Docker.ContainerCreateOptions)
}

/** Removes all containers with a label. */
export async function removeLabelled(docker: Docker, label: string): Promise<void> {
  const containers = await docker.listContainers({ all: true, filters: { label: [label] } })
  await Promise.all(containers.map((container) => removeContainer(docker, container.Id).catch(() => {})))
}
