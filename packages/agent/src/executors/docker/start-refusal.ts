import type Docker from 'dockerode'
import { ExecutorRefusal } from '../executor.ts'
import { createFrameReader } from './attend.ts'
import type { ResolvedImage } from './images.ts'

/** Docker's names for processors, which images have too, by the names that engines tell of the machine. */
const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  i686: '386',
}

export function imageArchitecture(machine: string): string {
  return architectures[machine] ?? machine
}

/** Why a container does not start as the config asks; everything else is the machine's fault, and stays an error. `what`: the container, within a sentence. */
export function startRefusal(error: unknown, image: ResolvedImage, what: string): unknown {
  const reason = error instanceof Error ? error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim() : String(error)
  const user = /unable to find (?:user|group) ([^:\s]+)|no matching entries in (?:passwd|group) file/.exec(reason)
  if (user !== null)
    return new ExecutorRefusal(
      `The image ${image.name} does not know the user or group ${user[1] ?? 'given'}, as which ${what} is to run. Give \`user\` a name that is in the image's /etc/passwd, or a number.\nThe engine said: ${reason}`,
    )
  if (
    /executable file not found|no such file or directory|permission denied|exec format error|not a directory/i.test(
      reason,
    )
  )
    return new ExecutorRefusal(
      `The image ${image.name} cannot be started as ${what}. Check \`entrypoint\`, \`command\` and \`user\`, and that the image is made for this machine.\nThe engine said: ${reason}`,
    )
  if (/invalid (?:environment|reference|argument|IP address)|bad format for (?:add-host|extra)/i.test(reason))
    return new ExecutorRefusal(`The image ${image.name} cannot be made ${what} as the config says: ${reason}`)
  return error
}

/** Why a container of the image that the config calls `name` ended before its supervisor was ready, from what it left. */
export async function startFailure(docker: Docker, id: string, name: string, machine: string): Promise<string> {
  const container = docker.getContainer(id)
  const info = await container.inspect().catch(() => undefined)
  const image =
    info &&
    (await docker
      .getImage(info.Image)
      .inspect()
      .catch(() => undefined))
  const printed = await lastWords(container).catch(() => '')
  const said = printed === '' ? '' : `\nThe container said: ${printed}`
  if (image !== undefined && image.Architecture !== '' && image.Architecture !== imageArchitecture(machine))
    return `The image ${name} is for ${image.Architecture}, and this machine is ${imageArchitecture(machine)}. Use an image for this machine, or an agent on another.${said}`
  if (info?.State.ExitCode === 127 || /no such file or directory|not found/i.test(printed))
    return `The image ${name} has no /bin/sh, in which steps run. Use an image that has a shell.${said}`
  return `The image ${name} could not run /bin/sh as its user (exit code ${info?.State.ExitCode ?? 'unknown'}). Use an image that has a shell its user may run.${said}`
}

async function lastWords(container: Docker.Container): Promise<string> {
  const parts: Buffer[] = []
  createFrameReader((bytes) => void parts.push(bytes))(await container.logs({ stdout: true, stderr: true, tail: 5 }))
  return Buffer.concat(parts)
    .toString()
    .replace(/[^\x20-\x7e\n]/g, '')
    .trim()
}
