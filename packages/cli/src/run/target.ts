import { readFileSync } from 'node:fs'
import type { RepositoryNames } from '@rondo/model'
import { createImport } from '../orb/arrivals.ts'
import { readOrbFolder } from '../registry/folder-lookup.ts'
import { createGraphqlClient } from '../registry/graphql-client.ts'
import { endpointOf } from '../registry/server.ts'
import type { Connection } from './connection.ts'
import type { RunOptions } from './options.ts'
import type { Place } from './place.ts'
import { repositoryNameOf, type WorkingTree } from './working-tree.ts'

/** A place's project on this user's own server, with exactly the variables and contexts of this call. */
export async function prepareLocalProject(connection: Connection, place: Place, options: RunOptions): Promise<void> {
  const { organization, project, slug } = place
  await connection.call('POST', '/api/v2/organization', { name: organization, vcs_type: 'github' })
  await connection.call('POST', `/api/v2/organization/gh%2F${organization}/project`, { name: project })
  await takeSecretsAway(connection, place)
  place.secretsCome()
  for (const [name, value] of Object.entries(options.environment))
    await connection.call('POST', `/api/v2/project/${slug}/envvar`, { name, value })
  for (const [name, variables] of options.contexts) await addContext(connection, { organization, name, variables })
  for (const folder of options.orbs) await bringOrbs(connection, folder)
}

async function addContext(
  connection: Connection,
  context: {
    readonly organization: string
    readonly name: string
    readonly variables: Readonly<Record<string, string>>
  },
): Promise<void> {
  const { id } = await connection.call<{ id: string }>('POST', '/api/v2/context', {
    name: context.name,
    owner: { slug: `gh/${context.organization}`, type: 'organization' },
  })
  for (const [variable, value] of Object.entries(context.variables))
    await connection.call('PUT', `/api/v2/context/${id}/environment-variable/${variable}`, { value })
}

/** Deletes the variables and contexts of a place: what they hold was given for one run. */
export async function takeSecretsAway(connection: Connection, place: Place): Promise<void> {
  const { organization, slug } = place
  const variables = `/api/v2/project/${slug}/envvar`
  const known = await connection.call<{ items: { name: string }[] }>('GET', variables)
  for (const { name } of known.items) await connection.call('DELETE', `${variables}/${name}`)
  const owner = `owner-slug=gh%2F${organization}&owner-type=organization`
  const { items } = await connection.call<{ items: { id: string }[] }>('GET', `/api/v2/context?${owner}`)
  for (const { id } of items) await connection.call('DELETE', `/api/v2/context/${id}`)
  place.secretsWent()
}

/** Fills the registry of local runs from a folder, as `rondo orb import` does. */
async function bringOrbs(connection: Connection, folder: string): Promise<void> {
  const { orbs } = readOrbFolder(folder)
  if (orbs.length === 0)
    throw new Error(`--orbs ${folder}: there is no orb in it. Name its files NAMESPACE/NAME@1.2.3.yml.`)
  const arrivals = orbs.map(({ orb, version, path }) => ({
    orb,
    version,
    source: readFileSync(path, 'utf8'),
    imports: [],
  }))
  const importing = createImport(createGraphqlClient(endpointOf(connection.url), connection.token))
  await importing.bring(arrivals)
  const { refused } = importing.outcome
  if (refused.length > 0)
    throw new Error(refused.map(({ orb, message }) => `${orb} was refused: ${message}`).join('\n'))
}

/** Slug of a project on a server elsewhere: as given, else from where the folder's repository is pushed to. */
export function remoteProject(tree: WorkingTree, given: string | undefined): string {
  if (given !== undefined) return /^\w+\/[^/]+\/[^/]+$/.test(given) ? given : `gh/${given}`
  const names = namesOf(tree.origin)
  if (names === undefined)
    throw new Error('Which project? This repository has no remote "origin". Give --project ORG/REPO.')
  return `gh/${names.organization}/${names.repository}`
}

/** What a run here tells its jobs the repository is called: as its remote has it, else as the folder. */
export function repositoryNames(tree: Pick<WorkingTree, 'origin' | 'root'>): RepositoryNames {
  return namesOf(tree.origin) ?? { organization: 'local', repository: repositoryNameOf(tree.root) }
}

function namesOf(origin = ''): RepositoryNames | undefined {
  const [, organization, repository] = /(?:^|[/:])([^/:\s]+)\/([^/\s]+?)(?:\.git)?\/?$/.exec(origin) ?? []
  return organization === undefined || repository === undefined ? undefined : { organization, repository }
}

/** A push to a name that nobody has makes a project: one that is only mistyped shall not. Throws an Error for the user. */
export async function requireProject(connection: Connection, slug: string): Promise<void> {
  if (await connection.has(`/api/v2/project/${slug.split('/').map(encodeURIComponent).join('/')}`)) return
  const name = slug.replace(/^[^/]+\//, '')
  throw new Error(
    `${connection.url} knows no project ${name}, or none that is yours to see. Check the name: --project ORG/REPO. A new project is made by its first push: git push ${connection.url}/git/${name}.git HEAD:main`,
  )
}
