import type { OrbVersionWithSource } from '@rondo/conductor'
import { AppError, isDevVersion, type Orb, type OrbPin, parseOrbReference, parseRelease, type User } from '@rondo/model'
import type { RoutePorts } from '../../http/route.ts'
import { requireId } from '../ids.ts'
import { attempt } from '../payload.ts'
import type { Resolvers } from '../resolvers.ts'
import { requireUser, type Viewer } from '../viewer.ts'

/** An orb by its id or by its two names. */
interface OrbArguments {
  readonly orbId?: unknown
  readonly orbName?: string | null
  readonly namespaceName?: string | null
}

interface ImportArguments extends OrbArguments {
  readonly orbYaml: string
  readonly version: string
  readonly imports?: readonly OrbPin[] | null
}

/** Orbs an orb imports at most, as the compiler has it. */
const maxImports = 200

function requireImports(imports: readonly OrbPin[]): readonly OrbPin[] {
  if (imports.length > maxImports)
    throw new AppError('bad-request', `imports holds ${imports.length} orbs; at most ${maxImports} are allowed.`)
  for (const { reference, resolved } of imports) {
    const orb = parseOrbReference(reference)?.orb
    const exact = resolved.slice(resolved.indexOf('@') + 1)
    if (orb === undefined || parseOrbReference(resolved)?.orb !== orb || !(parseRelease(exact) || isDevVersion(exact)))
      throw new AppError(
        'bad-request',
        `imports: "${reference.slice(0, 100)}" cannot stand for "${resolved.slice(0, 100)}". Give an exact version of the same orb.`,
      )
  }
  return imports
}

/** Changes to the registry. Who may make them is the registry's to say. */
export function registryMutations({ orbs }: Pick<RoutePorts, 'orbs'>): Resolvers {
  async function orbOf(user: User, { orbId, orbName, namespaceName }: OrbArguments): Promise<Orb> {
    if (orbId !== undefined && orbId !== null) return orbs.orbById(user, requireId('orbId', orbId))
    if (!orbName || !namespaceName) throw new AppError('bad-request', 'Give orbId, or orbName and namespaceName.')
    const name = `${namespaceName}/${orbName}`
    const orb = await orbs.orb(user, name)
    if (orb === undefined) throw new AppError('not-found', `The orb ${name} was not found. Create it first.`)
    return orb
  }

  const namespacePayload = async (viewer: Viewer, run: (user: User) => Promise<object>) => {
    const user = requireUser(viewer)
    const { value, errors } = await attempt(() => run(user))
    return { namespace: value, errors }
  }
  const deletedPayload = async (viewer: Viewer, run: (user: User) => Promise<boolean>) => {
    const user = requireUser(viewer)
    const { value, errors } = await attempt(() => run(user))
    return { deleted: value ?? false, errors }
  }
  const orbPayload = async (viewer: Viewer, run: (user: User) => Promise<Orb>) => {
    const user = requireUser(viewer)
    const { value, errors } = await attempt(() => run(user))
    return { orb: value, errors }
  }
  const publishPayload = async (
    viewer: Viewer,
    which: OrbArguments,
    run: (user: User, orb: Orb) => Promise<OrbVersionWithSource>,
  ) => {
    const user = requireUser(viewer)
    const { value, errors } = await attempt(async () => {
      const orb = await orbOf(user, which)
      const { version, source, createdAt } = await run(user, orb)
      return { id: orb.id, name: orb.name, version, source, createdAt: createdAt.toISOString() }
    })
    return { orb: value, errors }
  }
  const categorizationPayload = async (
    viewer: Viewer,
    { orbId, categoryId }: { orbId: unknown; categoryId: unknown },
    present: boolean,
  ) => {
    const user = requireUser(viewer)
    const { errors } = await attempt(async () =>
      orbs.setCategory(user, await orbOf(user, { orbId }), requireId('categoryId', categoryId), present),
    )
    return { orbId, categoryId, errors }
  }

  return {
    Mutation: {
      createNamespace: (_: never, args: { name: string; organizationId: unknown }, viewer) =>
        namespacePayload(viewer, (user) =>
          orbs.createNamespace(user, args.name, requireId('organizationId', args.organizationId)),
        ),
      renameNamespace: (_: never, args: { namespaceId: unknown; newName: string }, viewer) =>
        namespacePayload(viewer, (user) =>
          orbs.renameNamespace(user, requireId('namespaceId', args.namespaceId), args.newName),
        ),
      setNamespaceCertified: (_: never, args: { namespaceId: unknown; certified: boolean }, viewer) =>
        namespacePayload(viewer, (user) =>
          orbs.setCertified(user, requireId('namespaceId', args.namespaceId), args.certified),
        ),
      importNamespace: (_: never, { name }: { name: string }, viewer) =>
        namespacePayload(viewer, (user) => orbs.importNamespace(user, name)),
      deleteNamespaceAlias: (_: never, { name }: { name: string }, viewer) =>
        deletedPayload(viewer, (user) => orbs.deleteNamespaceAlias(user, name)),
      deleteNamespaceAndRelatedOrbs: (_: never, { namespaceId }: { namespaceId: unknown }, viewer) =>
        deletedPayload(viewer, (user) => orbs.deleteNamespace(user, requireId('namespaceId', namespaceId))),
      createOrb: (_: never, args: { name: string; registryNamespaceId: unknown; isPrivate?: boolean | null }, viewer) =>
        orbPayload(viewer, (user) =>
          orbs.createOrb(
            user,
            requireId('registryNamespaceId', args.registryNamespaceId),
            args.name,
            args.isPrivate ?? false,
          ),
        ),
      importOrb: (_: never, args: { name: string; registryNamespaceId: unknown }, viewer) =>
        orbPayload(viewer, (user) =>
          orbs.importOrb(user, requireId('registryNamespaceId', args.registryNamespaceId), args.name),
        ),
      publishOrb: (_: never, args: OrbArguments & { orbYaml: string; version: string }, viewer) =>
        publishPayload(viewer, args, (user, orb) =>
          orbs.publish(user, { orb, version: args.version, source: args.orbYaml }),
        ),
      promoteOrb: (_: never, args: OrbArguments & { devVersion: string; semanticVersion: string }, viewer) =>
        publishPayload(viewer, args, (user, orb) => orbs.promote(user, orb, args.devVersion, args.semanticVersion)),
      importOrbVersion: (_: never, args: ImportArguments, viewer) =>
        publishPayload(viewer, args, (user, orb) =>
          orbs.importVersion(user, {
            orb,
            version: args.version,
            source: args.orbYaml,
            imports: requireImports(args.imports ?? []),
          }),
        ),
      async setOrbListStatus(_: never, { orbId, list }: { orbId: unknown; list: boolean }, viewer) {
        const user = requireUser(viewer)
        const { errors } = await attempt(async () => orbs.setListed(user, await orbOf(user, { orbId }), list))
        return { listed: list, errors }
      },
      addCategorizationToOrb: (_: never, args: { orbId: unknown; categoryId: unknown }, viewer) =>
        categorizationPayload(viewer, args, true),
      removeCategorizationFromOrb: (_: never, args: { orbId: unknown; categoryId: unknown }, viewer) =>
        categorizationPayload(viewer, args, false),
    },
  }
}
