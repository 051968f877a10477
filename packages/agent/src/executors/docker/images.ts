import type { Readable } from 'node:stream'
import type { ImagePlan } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import type Docker from 'dockerode'
import { ExecutorRefusal } from '../executor.ts'
import type { ImageUses } from './image-uses.ts'

/** Takes the images the engine has, and pulls those it has not. */
export async function ensureImages(
  docker: Docker,
  images: readonly ImagePlan[],
  spec: TaskSpec,
  say: (line: string) => void,
  signal: AbortSignal,
  uses: Pick<ImageUses, 'pulled' | 'used'>,
): Promise<void> {
  for (const image of images) await ensureImage(docker, image, spec, say, signal, uses)
}

async function ensureImage(
  docker: Docker,
  image: ImagePlan,
  spec: TaskSpec,
  say: (line: string) => void,
  signal: AbortSignal,
  uses: Pick<ImageUses, 'pulled' | 'used'>,
): Promise<void> {
  const name = expand(image.image, spec)
  say(`Image ${name}`)
  const local = await docker
    .getImage(name)
    .inspect()
    .catch(() => undefined)
  if (local !== undefined) {
    uses.used(name)
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
    uses.pulled(name)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '') : String(error)
    throw new ExecutorRefusal(
      `The image ${name} could not be pulled: ${reason.trim()}\nCheck its name and tag, that its registry can be reached from this machine, and the credentials in \`auth\`.`,
    )
  }
}

/** `$VAR` and `${VAR}` in image names and credentials (semantics 13.1). */
export function expand(text: string, spec: TaskSpec): string {
  const values = new Map([...spec.environment, ...spec.job.environment].map((entry) => [entry.name, entry.value]))
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, plain) => values.get(braced ?? plain) ?? whole)
}
