import type { AwsEndpoints } from './ecr.ts'
import type { ImageSettings } from './images.ts'

/** Everything the docker executor takes from its environment. */
export interface DockerSettings {
  /** DOCKER_HOST: the engine's socket, `unix:///run/podman/podman.sock` for Podman; default Docker's. */
  readonly socket: string
  /** RONDO_IMAGE_PULL and RONDO_REGISTRY_MIRRORS. */
  readonly images: ImageSettings
  /** AWS_ENDPOINT_URL_ECR and AWS_ENDPOINT_URL_STS: addresses to use instead of AWS's own. */
  readonly aws: AwsEndpoints
  /** RONDO_JOB_DISK_GB: how much a container may write; default no limit. */
  readonly diskGb: number | undefined
  /** RONDO_SUDO: `refuse` keeps programs of a container from getting rights their user has not; default `allow`. */
  readonly sudo: 'allow' | 'refuse'
  /** RONDO_BAD_RUNTIME: whether to work on an engine with known holes, `warn` or `refuse`; default `warn`. */
  readonly badRuntime: 'warn' | 'refuse'
  /** RONDO_WARM_CONTAINERS: how many containers are kept ready for jobs to come; default 0. */
  readonly warmContainers: number
}

/** Names of the variables, for whoever starts an agent with its own. */
export const dockerSettingNames = [
  'DOCKER_HOST',
  'RONDO_IMAGE_PULL',
  'RONDO_REGISTRY_MIRRORS',
  'AWS_ENDPOINT_URL_ECR',
  'AWS_ENDPOINT_URL_STS',
  'RONDO_JOB_DISK_GB',
  'RONDO_SUDO',
  'RONDO_BAD_RUNTIME',
  'RONDO_WARM_CONTAINERS',
] as const

type Source = Readonly<Record<string, string | undefined>>

/** Reads and checks them. All problems are answered together, as sentences. */
export function readDockerSettings(source: Source): { settings: DockerSettings; problems: readonly string[] } {
  const problems: string[] = []
  const settings: DockerSettings = {
    socket: readSocket(source, problems),
    images: {
      policy: readChoice(source, 'RONDO_IMAGE_PULL', ['if-not-present', 'always', 'never'], problems),
      mirrors: readMirrors(source, problems),
    },
    aws: {
      ecr: readUrl(source, 'AWS_ENDPOINT_URL_ECR', problems),
      sts: readUrl(source, 'AWS_ENDPOINT_URL_STS', problems),
    },
    diskGb: readNumber(source, 'RONDO_JOB_DISK_GB', 1, 100_000, problems),
    sudo: readChoice(source, 'RONDO_SUDO', ['allow', 'refuse'], problems),
    badRuntime: readChoice(source, 'RONDO_BAD_RUNTIME', ['warn', 'refuse'], problems),
    warmContainers: readNumber(source, 'RONDO_WARM_CONTAINERS', 0, 100, problems) ?? 0,
  }
  return { settings, problems }
}

function readSocket(source: Source, problems: string[]): string {
  const text = source.DOCKER_HOST || 'unix:///var/run/docker.sock'
  const path = /^unix:\/\/(\/.+)$/.exec(text)?.[1]
  if (path === undefined)
    problems.push(
      `DOCKER_HOST is "${text}"; use the socket of an engine on this machine, such as unix:///var/run/docker.sock.`,
    )
  return path ?? ''
}

function readMirrors(source: Source, problems: string[]): ReadonlyMap<string, string> {
  const entries = (source.RONDO_REGISTRY_MIRRORS ?? '').split(',').filter(Boolean)
  return new Map(
    entries.flatMap((entry) => {
      const found = /^\s*([A-Za-z0-9.-]+(?::\d+)?)=([A-Za-z0-9.-]+(?::\d+)?)\s*$/.exec(entry)
      if (found !== null) return [[found[1] ?? '', found[2] ?? ''] as const]
      problems.push(
        `RONDO_REGISTRY_MIRRORS holds "${entry}"; use REGISTRY=MIRROR, separated by commas, such as docker.io=mirror.example.com:5000.`,
      )
      return []
    }),
  )
}

function readChoice<T extends string>(
  source: Source,
  name: string,
  choices: readonly [T, ...T[]],
  problems: string[],
): T {
  const text = source[name] || choices[0]
  const found = choices.find((choice) => choice === text)
  if (found === undefined) problems.push(`${name} is "${text}"; use ${choices.join(' or ')}.`)
  return found ?? choices[0]
}

function readNumber(source: Source, name: string, least: number, most: number, problems: string[]): number | undefined {
  const text = source[name]
  if (!text) return undefined
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  problems.push(`${name} is "${text}"; use a whole number from ${least} to ${most}.`)
  return undefined
}

function readUrl(source: Source, name: string, problems: string[]): string | undefined {
  const text = source[name]
  if (!text) return undefined
  if (URL.canParse(text) && /^https?:/.test(text)) return text
  problems.push(`${name} is "${text}"; use an address such as https://vpce.example.com.`)
  return undefined
}
