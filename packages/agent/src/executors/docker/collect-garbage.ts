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
    if ((await remove(docker, name)) || (await removeUnnamed(docker, uses, { name, id: found.Id }))) {
      uses.forget(name)
      removed.push(name)
    }
  }
  return removed
}

async function remove(docker: Docker, image: string): Promise<boolean> {
  return docker
    .getImage(image)
    .remove()
    .then(
      () => true,
      () => false,
    )
}

/**
 * On a full disk an engine may take an image's name away and then fail to delete its layers. From then on the image is
 * known by its id. False: it still has its name, and was not removed for another reason.
 */
async function removeUnnamed(
  docker: Docker,
  uses: ImageUses,
  { name, id }: { readonly name: string; readonly id: string },
): Promise<boolean> {
  const named = await docker
    .getImage(name)
    .inspect()
    .then(
      () => true,
      () => false,
    )
  if (named) return false
  uses.pulled(id)
  if (await remove(docker, id)) uses.forget(id)
  return true
}

async function isUsed(docker: Docker, imageId: string): Promise<boolean> {
  return (await docker.listContainers({ all: true })).some((container) => container.ImageID === imageId)
}
