import { createHash } from 'node:crypto'
import {
  AppError,
  isDevVersion,
  type NewOrbVersion,
  nextRelease,
  type OrbStore,
  parseRelease,
  type User,
  type VersionSegment,
} from '@rondo/model'
import type { Compiler } from '../compiler/compiler.ts'
import { type ImportRequest, notFound, type OrbRegistry, type PublishRequest } from './orb-registry.ts'
import type { OrbRights } from './orb-rights.ts'

type Publishing = Pick<OrbRegistry, 'publish' | 'promote' | 'importVersion'>

/** How versions come into the registry. */
export function createPublishing(
  ports: { readonly store: OrbStore; readonly compiler: Pick<Compiler, 'checkOrb'> },
  rights: OrbRights,
): Publishing {
  const { store, compiler } = ports

  async function publish(actor: User, request: PublishRequest) {
    if (segmentOf(request.version) === undefined) requireVersion(request.version)
    const { organizationId } = request.orb
    const dev = isDevVersion(request.version)
    await (dev ? rights.requireMember(actor, organizationId) : rights.requireAdministrator(actor, organizationId))
    const version = await checked(actor, request, 'here')
    if (dev) return { ...(await store.putDevVersion(version)), source: version.source }
    const segment = segmentOf(request.version)
    const release =
      segment === undefined
        ? await store.addRelease(version)
        : await store.addNextRelease(version, (newest) => nextRelease(newest, segment))
    return { ...release, source: version.source }
  }

  /** @param origin a version that comes from another registry was checked there, and may use orbs this one lacks */
  async function checked(
    actor: User,
    { orb, version, source, imports: pins = [] }: ImportRequest,
    origin: 'here' | 'elsewhere',
  ): Promise<NewOrbVersion> {
    const published = origin === 'elsewhere'
    const check = await compiler.checkOrb(
      { source, organizationId: orb.organizationId, pins, published },
      { asker: `user ${actor.id}` },
    )
    const errors = check.problems.filter(
      ({ severity, code }) => severity === 'error' && !(published && code === 'orb-not-found'),
    )
    if (errors.length > 0) throw new AppError('bad-request', errors.map(({ text }) => text).join('\n\n'))
    return {
      orbId: orb.id,
      version,
      source,
      digest: createHash('sha256').update(source).digest('hex'),
      imports: check.imports,
      publishedBy: actor.id,
    }
  }

  /** The release as it is now, or as somebody else brought it at the same time. */
  async function added(request: PublishRequest, version: NewOrbVersion) {
    try {
      return { ...(await store.addRelease(version)), source: version.source }
    } catch (cause) {
      const theirs = cause instanceof AppError && cause.code === 'conflict' ? await exactly(store, request) : undefined
      if (theirs === undefined) throw cause
      return theirs
    }
  }

  return {
    publish,
    async promote(actor, orb, devVersion, version) {
      if (!isDevVersion(devVersion))
        throw new AppError('bad-request', `"${devVersion.slice(0, 100)}" is no dev version. Write it as dev:label.`)
      if (parseRelease(version) === undefined && segmentOf(version) === undefined)
        throw new AppError(
          'bad-request',
          `"${version.slice(0, 100)}" is no release. Write it as 1.2.3, or patch, minor or major for the next one.`,
        )
      const dev = await store.version(orb.id, { kind: 'dev', version: devVersion })
      if (dev === undefined) throw notFound(`The version ${orb.name}@${devVersion}`)
      return publish(actor, { orb, version, source: dev.source })
    },
    async importVersion(actor, request) {
      rights.requireInstallationAdministrator(actor)
      requireVersion(request.version)
      // Orbs may arrive before those they import; what is missing shows when a config uses it.
      const version = await checked(actor, request, 'elsewhere')
      if (isDevVersion(version.version)) return { ...(await store.putDevVersion(version)), source: version.source }
      const known = (await exactly(store, request)) ?? (await added(request, version))
      if (known.digest !== version.digest)
        throw new AppError(
          'conflict',
          `${request.orb.name}@${request.version} is here already with another content, and a published version never changes. Import it from the registry it came from.`,
        )
      const pinned = await store.importsOf(request.orb.id, request.version)
      const missing = version.imports.filter(({ reference }) => !pinned.some((pin) => pin.reference === reference))
      if (missing.length > 0) await store.setImports(known.id, [...pinned, ...missing])
      return known
    },
  }
}

async function exactly(store: OrbStore, { orb, version }: PublishRequest) {
  const release = parseRelease(version)
  return release === undefined ? undefined : store.version(orb.id, { kind: 'release', ...release })
}

function segmentOf(version: string): VersionSegment | undefined {
  return version === 'major' || version === 'minor' || version === 'patch' ? version : undefined
}

function requireVersion(version: string): void {
  if (parseRelease(version) === undefined && !isDevVersion(version))
    throw new AppError(
      'bad-request',
      `"${version.slice(0, 100)}" is no version of an orb. Write 1.2.3, patch, minor or major for the next one, or dev:label for a version that may change.`,
    )
}
