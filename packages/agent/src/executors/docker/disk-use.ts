import type Docker from 'dockerode'
import type { ExecutorState } from '../executor.ts'

const gigabyte = 1024 ** 3

/**
 * In the user's words, that a container of the job has written more than it may, where the engine cannot see to that; it
 * measures what was written into the container's own layer, and neither volumes nor what was deleted again.
 */
export async function overDisk(
  docker: Docker,
  { containers, watchedDiskGb }: ExecutorState,
): Promise<string | undefined> {
  const limit = Number(watchedDiskGb)
  for (const id of (containers ?? '').split(' ').filter(Boolean)) {
    const written = await docker
      .getContainer(id)
      .inspect({ size: true } as Docker.ContainerInspectOptions)
      .then(
        (info) => (info as { SizeRw?: number }).SizeRw ?? 0,
        // Gone, or the engine is busy: the next look tells.
        () => 0,
      )
    if (written > limit * gigabyte)
      return `A container of the job wrote ${(written / gigabyte).toFixed(1)} GB to its disk, and its agent allows ${limit} GB (RONDO_JOB_DISK_GB). Write less, or ask for more.`
  }
  return undefined
}
