import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'

/** Before each further try, milliseconds. */
const pausesMs = [50, 100, 200, 500, 1_000, 2_000]

/**
 * Removes a container and its volumes, whatever it does. An engine refuses that now and then and leaves a dead container: its
 * storage is busy for a moment (500), or it is removing it (409) and may fail in that. So it is asked until the container is
 * gone, for some seconds; what still is being removed then is left to the engine. Throws the engine's last refusal.
 */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  for (const pause of [...pausesMs, undefined]) {
    const refusal = await refusalToRemove(docker, id)
    if (refusal === undefined) return
    if (pause === undefined && refusal.statusCode === 409) return
    if (pause === undefined || !mayPass(refusal)) throw refusal
    await sleep(pause)
  }
}

type Refusal = Error & { readonly statusCode?: number }

/** Undefined once it is gone. */
async function refusalToRemove(docker: Docker, id: string): Promise<Refusal | undefined> {
  try {
    await docker.getContainer(id).remove({ force: true, v: true })
    return undefined
  } catch (error) {
    const refusal = error as Refusal
    return refusal.statusCode === 404 ? undefined : refusal
  }
}

function mayPass({ statusCode }: Refusal): boolean {
  return statusCode === 409 || statusCode === 500
}
