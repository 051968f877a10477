import { createHash } from 'node:crypto'
import type Docker from 'dockerode'
import { ExecutorRefusal } from '../executor.ts'
import type { ImageLogin, RegistryLogin } from './credentials.ts'
import { type ImageName, parseImageName, printImageName } from './image-name.ts'
import type { ImageUses } from './image-uses.ts'
import type { PrivateImages } from './private-images.ts'
import { pull } from './pull.ts'
import { refusalOf } from './pull-refusal.ts'
import { createSharedWork } from './shared-work.ts'

export interface ImageSettings {
  /** `always` asks the registry whether a tag has moved; `never` uses only what is on the machine. */
  readonly policy: 'always' | 'if-not-present' | 'never'
  /** Host to ask first, by the registry it stands for. */
  readonly mirrors: ReadonlyMap<string, string>
}

export interface ImageRequest {
  /** As the config has it, variables filled in. */
  readonly image: string
  /** What an earlier run of the job had, as `ResolvedImage.digest` says it. */
  readonly pinned?: string | undefined
  readonly login: (name: ImageName) => Promise<ImageLogin>
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** An image on the engine, and what of it matters for running it. */
export interface ResolvedImage {
  readonly name: string
  readonly id: string
  /** The registry's digest of its manifest; `local:` and its id when it came from none. */
  readonly digest: string
  readonly architecture: string
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

export interface Images {
  /** Takes an image the engine has, or pulls it. Refuses in the user's words. */
  ensure(request: ImageRequest): Promise<ResolvedImage>
  /** One the engine has and may give to anybody; of a pinned digest, only that. Pulls nothing. */
  known(image: string, pinned: string | undefined): Promise<ResolvedImage | undefined>
}

export function createImages(
  docker: Docker,
  settings: ImageSettings,
  closed: PrivateImages,
  uses: Pick<ImageUses, 'pulled' | 'used'>,
): Images {
  const pulls = createSharedWork()

  async function look(names: readonly string[]): Promise<Docker.ImageInspectInfo | undefined> {
    for (const name of names) {
      const found = await docker
        .getImage(name)
        .inspect()
        .catch((error) => {
          if (error.statusCode !== 404) throw error
        })
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Whether the registry tells anybody of it; an engine that cannot ask says no. */
  async function isPublic(printed: string): Promise<boolean> {
    const asked = docker.getImage(printed).distribution()
    return asked.then(
      () => true,
      () => false,
    )
  }

  /** The mirror first; it gets no login of the registry it stands for. */
  async function fetch(name: ImageName, login: RegistryLogin | undefined, request: ImageRequest): Promise<void> {
    const mirror = mirrored(name, settings)
    const printed = printImageName(name)
    const key = JSON.stringify([printed, login === undefined ? '' : fingerprint(login)])
    const work = async (say: (line: string) => void, signal: AbortSignal) => {
      if (mirror !== undefined) {
        try {
          say(`  pulling by the mirror ${mirror.registry}`)
          await pull(docker, printImageName(mirror), undefined, say, signal)
          const path = printImageName({ ...name, tag: '', digest: undefined }).slice(0, -1)
          if (name.tag !== undefined) await docker.getImage(printImageName(mirror)).tag({ repo: path, tag: name.tag })
          return
        } catch (error) {
          signal.throwIfAborted()
          say(`  not by the mirror: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
      say(`  pulling from ${name.registry}`)
      if (login !== undefined) closed.expect(repositoryOf(name))
      await pull(docker, printed, login, say, signal)
      closed.given(repositoryOf(name), login === undefined || (await isPublic(printed)) ? undefined : login)
    }
    await pulls.run(key, work, request.say, request.signal)
    uses.pulled(printed)
  }

  async function ensure(name: ImageName, request: ImageRequest): Promise<Docker.ImageInspectInfo> {
    const names = [name, mirrored(name, settings)].flatMap((one) => (one === undefined ? [] : [printImageName(one)]))
    const local = await look(names)
    if (settings.policy === 'never') {
      if (local !== undefined) return local
      throw new ExecutorRefusal(
        `The image ${printImageName(name)} is not on this machine, and its agent pulls none (RONDO_IMAGE_PULL=never). Pull or build it there, or change the setting.`,
      )
    }
    const fresh = settings.policy === 'if-not-present' || name.digest !== undefined
    if (local !== undefined && fresh && !closed.mustAsk(repositoryOf(name), undefined)) return local
    const found = await request.login(name)
    if (local !== undefined && fresh && !closed.mustAsk(repositoryOf(name), found.login)) return local
    if (found.missing.length > 0)
      request.say(`  no login: nobody set ${found.missing.map((missing) => `$${missing}`).join(' and ')}`)
    try {
      await fetch(name, found.login, request)
    } catch (error) {
      request.signal.throwIfAborted()
      throw refusalOf(error, name, found)
    }
    const pulled = await look(names)
    if (pulled === undefined) throw new Error(`the image ${printImageName(name)} is gone as soon as it was pulled`)
    return pulled
  }

  /** What an earlier run had, if it can still be had. */
  async function ensurePinned(name: ImageName, request: ImageRequest): Promise<Docker.ImageInspectInfo | undefined> {
    const { pinned, say } = request
    if (pinned === undefined || name.digest !== undefined) return undefined
    if (pinned.startsWith('local:')) return look([pinned.slice('local:'.length)])
    const now = await look([printImageName(name)])
    const mayStay = settings.policy !== 'always' && !closed.mustAsk(repositoryOf(name), undefined)
    if (mayStay && now !== undefined && digestOf(now, name) === pinned) return now
    say(`  as before: ${pinned}`)
    return ensure({ ...name, tag: undefined, digest: pinned }, request).catch((error) => {
      if (!(error instanceof ExecutorRefusal)) throw error
      say(`NOTICE: the image of the run before cannot be had any more; this one takes what ${name.tag} says now.`)
      return undefined
    })
  }

  return {
    async known(image, pinned) {
      const name = parseImageName(image)
      if (name === undefined || closed.mustAsk(repositoryOf(name), undefined)) return undefined
      const info = await look([printImageName(name)])
      const found = info && describe(info, name, name.digest)
      return found === undefined || (pinned !== undefined && found.digest !== pinned) ? undefined : found
    },
    async ensure(request) {
      const name = parseImageName(request.image)
      if (name === undefined)
        throw new ExecutorRefusal(
          `"${request.image}" is no name of an image. It is [REGISTRY/]NAME[:TAG], in lower case; a $VARIABLE in it must be set in the project or a context of the job.`,
        )
      request.say(`Image ${printImageName(name)}`)
      const before = await ensurePinned(name, request)
      const resolved =
        before === undefined
          ? describe(await ensure(name, request), name, name.digest)
          : describe(before, name, request.pinned)
      uses.used(resolved.name)
      request.say(`  using ${resolved.digest}`)
      return resolved
    },
  }
}

/** `asked` is the digest it was asked for by: Podman knows no name, and so no digest, of an image that came by one. */
function describe(info: Docker.ImageInspectInfo, name: ImageName, asked: string | undefined): ResolvedImage {
  const list = (value: string | string[] | undefined) => (typeof value === 'string' ? [value] : (value ?? []))
  return {
    name: printImageName(name),
    id: info.Id,
    digest: digestOf(info, name) ?? asked ?? `local:${info.Id}`,
    architecture: info.Architecture,
    entrypoint: list(info.Config.Entrypoint),
    command: list(info.Config.Cmd),
    labels: info.Config.Labels ?? {},
  }
}

/** Of several repositories that hold the image, the one it was asked from says most. */
function digestOf(info: Docker.ImageInspectInfo, name: ImageName): string | undefined {
  const names = (info.RepoDigests ?? []).flatMap((text) => parseImageName(text) ?? [])
  const same = names.find((one) => one.registry === name.registry && one.repository === name.repository)
  return (same ?? names.find((one) => one.repository === name.repository) ?? names[0])?.digest
}

function mirrored(name: ImageName, settings: ImageSettings): ImageName | undefined {
  const registry = settings.mirrors.get(name.registry)
  return registry === undefined ? undefined : { ...name, registry }
}

function repositoryOf(name: ImageName): string {
  return `${name.registry}/${name.repository}`
}

function fingerprint(login: RegistryLogin): string {
  return createHash('sha256').update(JSON.stringify(login)).digest('hex')
}
