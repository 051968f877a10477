/** The parts of an image's name, by the distribution specification's reference grammar. */
export interface ImageName {
  /** Host and port; `docker.io` when the name has none. */
  readonly registry: string
  readonly repository: string
  readonly tag: string | undefined
  /** `sha256:…` */
  readonly digest: string | undefined
}

export const dockerHub = 'docker.io'

const part = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*'
const grammar = new RegExp(
  `^(?:([A-Za-z0-9.-]+(?::\\d+)?|\\[[0-9a-fA-F:]+\\](?::\\d+)?)/)?(${part}(?:/${part})*)(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)

/** Undefined for what is no name of an image. */
export function parseImageName(text: string): ImageName | undefined {
  const first = text.split('/')[0] ?? ''
  const named = text.includes('/') && (/[.:]/.test(first) || first === 'localhost')
  const found = grammar.exec(named ? text : `${dockerHub}/${text}`)
  if (found === null) return undefined
  const [, host = '', path = '', tag, digest] = found
  const registry = host === 'index.docker.io' || host === 'registry-1.docker.io' ? dockerHub : host
  const repository = registry === dockerHub && !path.includes('/') ? `library/${path}` : path
  return { registry, repository, tag: digest === undefined ? (tag ?? 'latest') : tag, digest }
}

/** As an engine takes it: a digest says more than a tag, so that goes. */
export function printImageName({ registry, repository, tag, digest }: ImageName): string {
  const path = registry === dockerHub ? repository.replace(/^library\//, '') : `${registry}/${repository}`
  return digest === undefined ? `${path}:${tag}` : `${path}@${digest}`
}
