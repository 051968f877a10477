import type { ImagePlan } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import { exports } from '../../task/shell.ts'
import { usageFolders } from '../control-groups.ts'
import type { ExecutorState } from '../executor.ts'
import { expand } from './credentials.ts'
import { eventsFile } from './event-files.ts'
import type { ResolvedImage } from './images.ts'
import { ensureJobsNetwork, prepareClosing } from './network.ts'
import { limitsFor, type Place, primaryOptions } from './options.ts'
import { removeContainer } from './remove-container.ts'
import { createContainer, type Engine, openingsOf, placeFor, startClosed, watchedDisk } from './start.ts'
import type { WarmContainer, WarmRecipe } from './warm-pool.ts'

/** A container that waited, and the image it runs. */
export interface Reserved {
  readonly container: WarmContainer
  readonly image: Pick<ResolvedImage, 'name' | 'digest'>
}

/**
 * The only image of a job that asks for nothing but it: no services, no process beside the steps, no login. Others get
 * their containers when they come.
 */
export function plainImage(spec: TaskSpec): ImagePlan | undefined {
  const { executor } = spec.job
  if (executor.type !== 'docker' || executor.images.length !== 1) return undefined
  const [plan] = executor.images
  const { entrypoint, command, auth, awsAuth, gcpAuth, name } = plan!
  return [entrypoint, command, auth, awsAuth, gcpAuth, name].every((one) => one === undefined) ? plan : undefined
}

/** What jobs must have in common to run in one container: all that is set when a container is made. */
export function warmKey(engine: Engine, spec: TaskSpec, plan: ImagePlan, imageId: string): string {
  const { webUrl, sshUrl } = openingsOf(engine, spec)
  return JSON.stringify([
    imageId,
    plan.user ?? null,
    spec.resources.cpus,
    spec.resources.memoryMb,
    webUrl,
    sshUrl ?? null,
  ])
}

/** Makes containers like the one a job of this spec has, with nothing of the job's in them. */
export function warmRecipe(engine: Engine, spec: TaskSpec, plan: ImagePlan, image: ResolvedImage): WarmRecipe {
  const limits = limitsFor(spec, engine.machine, () => {})
  const openings = openingsOf(engine, spec)
  return {
    key: warmKey(engine, spec, plan, image.id),
    async make(io, label) {
      const network = await ensureJobsNetwork(engine.docker)
      const place = placeFor(engine, label, limits)
      const options = (on: Place) =>
        primaryOptions(
          image,
          { ...(plan.user === undefined ? {} : { user: plan.user }), environment: [] },
          {
            ...on,
            io,
            token: label,
            process: [],
            names: [],
            network: network.name,
            hostGateway: engine.hostGateway(network),
          },
        )
      const container = await createContainer(engine, options, place, () => {})
      const closer = prepareClosing(network, openings)
      try {
        const { pid, open } = await startClosed(container, closer)
        // A job that gets an open network is told so; nobody would be told here.
        if (open !== undefined) throw new Error(open)
        return { id: container.id, pid }
      } catch (error) {
        await removeContainer(engine.docker, container.id)
        throw error
      } finally {
        closer.discard()
      }
    },
    remove: (id) => removeContainer(engine.docker, id),
  }
}

/** A container that waits for such a job, if the image's name still stands for the one it runs. */
export async function reserveWarm(engine: Engine, spec: TaskSpec, root: string): Promise<Reserved | undefined> {
  const plan = plainImage(spec)
  if (plan === undefined || engine.settings.warmContainers === 0 || engine.settings.images.policy === 'always')
    return undefined
  const image = await engine.images.known(expand(plan.image, spec), spec.imageDigests?.[0] ?? undefined)
  if (image === undefined) return undefined
  const container = await engine.warm.take(warmKey(engine, spec, plan, image.id), root)
  if (container === undefined) return undefined
  const { State } = await engine.docker.getContainer(container.id).inspect()
  if (State.Running) return { container, image }
  await removeContainer(engine.docker, container.id)
  throw new Error('the container that waited for this job has ended')
}

/** The job's environment out of a container that waited: its variables reach it only with the job's own scripts. */
export function useWarm(
  engine: Engine,
  spec: TaskSpec,
  { container, image }: Reserved,
  say: (line: string) => void,
): ExecutorState {
  limitsFor(spec, engine.machine, say)
  say(`Image ${image.name}`)
  say(`  using ${image.digest}`)
  say('Container started ahead')
  return {
    containers: container.id,
    memoryEvents: eventsFile(container.pid, 'memory'),
    processEvents: eventsFile(container.pid, 'pids'),
    usage: usageFolders(container.pid),
    images: JSON.stringify([{ image: image.name, digest: image.digest }]),
    attended: '[]',
    ...watchedDisk(engine),
    prologue: exports(plainImage(spec)?.environment ?? []),
  }
}
