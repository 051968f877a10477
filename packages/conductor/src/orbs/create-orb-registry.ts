import { type Accounts, AppError, isOrbName, type Orb, type OrbStore, parseOrbReference, type User } from '@rondo/model'
import type { Compiler } from '../compiler/compiler.ts'
import { notFound, type OrbRegistry } from './orb-registry.ts'
import { createOrbRights } from './orb-rights.ts'
import { createPublishing } from './publish.ts'

export interface OrbRegistryPorts {
  readonly store: OrbStore
  readonly accounts: Pick<Accounts, 'roleIn' | 'organizationsOf'>
  readonly compiler: Pick<Compiler, 'checkOrb'>
}

export function createOrbRegistry(ports: OrbRegistryPorts): OrbRegistry {
  const { store } = ports
  const rights = createOrbRights(ports.accounts)

  const seen = async (viewer: User | undefined, orb: Orb | undefined) =>
    orb !== undefined && (await rights.mayRead(viewer, orb)) ? orb : undefined

  async function namespaceById(id: string) {
    const namespace = await store.namespaceById(id)
    if (namespace === undefined) throw notFound(`The namespace ${id}`)
    return namespace
  }

  return {
    store,
    visibility: rights.visibility,
    orb: async (viewer, name) => seen(viewer, await store.orb(name)),
    async orbById(viewer, id) {
      const orb = await seen(viewer, await store.orbById(id))
      if (orb === undefined) throw notFound(`The orb ${id}`)
      return orb
    },
    async version(viewer, text) {
      const reference = parseOrbReference(text)
      const orb = reference && (await seen(viewer, await store.orb(reference.orb)))
      const version = orb && (await store.version(orb.id, reference.wanted))
      return orb === undefined || version === undefined ? undefined : { orb, version }
    },

    async createNamespace(actor, name, organizationId) {
      requireName('namespace', name)
      await rights.requireAdministrator(actor, organizationId)
      return store.createNamespace({ name, organizationId }, actor.id)
    },
    async renameNamespace(actor, id, name) {
      requireName('namespace', name)
      await rights.requireAdministrator(actor, (await namespaceById(id)).organizationId)
      const renamed = await store.renameNamespace(id, name, actor.id)
      if (renamed === undefined) throw notFound(`The namespace ${id}`)
      return renamed
    },
    async setCertified(actor, id, certified) {
      rights.requireInstallationAdministrator(actor)
      const namespace = await store.setCertified(id, certified, actor.id)
      if (namespace === undefined) throw notFound(`The namespace ${id}`)
      return namespace
    },
    async deleteNamespaceAlias(actor, name) {
      rights.requireInstallationAdministrator(actor)
      if (!(await store.deleteNamespaceAlias(name, actor.id))) throw notFound(`The namespace alias ${name}`)
      return true
    },
    async deleteNamespace(actor, id) {
      await namespaceById(id)
      rights.requireInstallationAdministrator(actor)
      return store.deleteNamespace(id, actor.id)
    },
    async createOrb(actor, namespaceId, name, hidden) {
      requireName('orb', name)
      await rights.requireAdministrator(actor, (await namespaceById(namespaceId)).organizationId)
      return store.createOrb({ namespaceId, name, private: hidden }, actor.id)
    },
    async setListed(actor, orb, listed) {
      await rights.requireAdministrator(actor, orb.organizationId)
      await store.setListed(orb.id, listed, actor.id)
    },
    async setCategory(actor, orb, categoryId, present) {
      await rights.requireAdministrator(actor, orb.organizationId)
      if (!(await store.categories()).some(({ id }) => id === categoryId)) throw notFound(`The category ${categoryId}`)
      await (present
        ? store.addCategory(orb.id, categoryId, actor.id)
        : store.removeCategory(orb.id, categoryId, actor.id))
    },

    ...createPublishing(ports, rights),

    async importNamespace(actor, name) {
      requireName('namespace', name)
      rights.requireInstallationAdministrator(actor)
      const namespace = await knownOrMade(
        () => store.namespace(name),
        () => store.createNamespace({ name, organizationId: null }, actor.id),
      )
      if (namespace.organizationId !== null)
        throw new AppError(
          'conflict',
          `The namespace ${name} belongs to an organization of this installation. Orbs of the same namespace cannot be imported beside it.`,
        )
      return namespace
    },
    async importOrb(actor, namespaceId, name) {
      requireName('orb', name)
      rights.requireInstallationAdministrator(actor)
      const namespace = await namespaceById(namespaceId)
      return knownOrMade(
        () => store.orb(`${namespace.name}/${name}`),
        () => store.createOrb({ namespaceId, name, private: false }, actor.id),
      )
    },
  }
}

/** Makes what is not there; when somebody else made it at the same time, theirs is as good. */
async function knownOrMade<T>(look: () => Promise<T | undefined>, make: () => Promise<T>): Promise<T> {
  const known = await look()
  if (known !== undefined) return known
  try {
    return await make()
  } catch (cause) {
    const theirs = cause instanceof AppError && cause.code === 'conflict' ? await look() : undefined
    if (theirs === undefined) throw cause
    return theirs
  }
}

function requireName(kind: 'namespace' | 'orb', name: string): void {
  if (!isOrbName(name))
    throw new AppError(
      'bad-request',
      `"${name.slice(0, 100)}" cannot name ${kind === 'orb' ? 'an orb' : 'a namespace'}. Use lower-case letters, digits, "-" and "_", starting with a letter.`,
    )
}
