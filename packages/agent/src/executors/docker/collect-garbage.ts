import type Docker from 'dockerode'
import type { ImageUses } from './image-uses.ts'
import { attemptLabel, ownerLabel } from './labels.ts'

/**
 * Removes what attempts that are not kept any more left on an engine: containers with their volumes, networks, volumes. Only
 * what carries this agent's label. `keep` is asked after things were listed, so that what is being made is never taken for
 * left. Answers how many things went.
 */
export async function removeLeftovers(docker: Docker, owner: string, keep: () => ReadonlySet<string>): Promise<number> {
  const label = `${ownerLabel}=${owner}`
  const filters = { label: [label] }
  const containers = await docker.listContainers({ all: true, filters })
  const networks = await docker.listNetworks({ filters })
  const { Volumes: volumes } = await docker.listVolumes({ filters })
  const kept = keep()
  const left = <T extends { Labels?: Readonly<Record<string, string>> | null | undefined }>(
    things: readonly T[] | null,
  ) =>
    (things ?? []).filter((thing) => {
      const attempt = thing.Labels?.[attemptLabel]
      return attempt !== undefined && !kept.has(attempt)
    })
  const removals = [
    ...left(containers).map(
      ({ Id }) =>
        () =>
          docker.getContainer(Id).remove({ force: true, v: true }),
    ),
    ...left(networks).map(
      ({ Id }) =>
        () =>
          docker.getNetwork(Id).remove(),
    ),
    ...left(volumes).map(
      ({ Name }) =>
        () =>
          docker.getVolume(Name).remove(),
    ),
  ]
  let removed = 0
  for (const remove of removals) removed += await remove().then(() => 1, ignored)
  return removed
}

/** What another one removed in between, or what somebody else uses, is tried again the next time. */
function ignored(): number {
  return 0
}

/**
 * Removes images that jobs brought onto the engine, those not used for longest first, until `enough` says so. An image that
 * a container has, running or not, stays; so does every image that was there before jobs wanted it. Answers their names.
 */
export async function removeImages(
  docker: Docker,
  uses: ImageUses,
  enough: () => Promise<boolean>,
): Promise<readonly string[]> {
  const removed: string[] = []
  for (const name of uses.oldestFirst()) {
    if (await enough()) break
    const found = await docker
      .getImage(name)
      .inspect()
      .catch(() => undefined)
    if (found === undefined) uses.forget(name)
    if (found === undefined || (await isUsed(docker, found.Id))) continue
    await docker
      .getImage(name)
      .remove()
      .then(() => {
        uses.forget(name)
        removed.push(name)
      }, ignored)
  }
  return removed
}

async function isUsed(docker: Docker, imageId: string): Promise<boolean> {
  return (await docker.listContainers({ all: true })).some((container) => container.ImageID === imageId)
}
