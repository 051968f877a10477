import { readFileSync } from 'node:fs'
import { createImport } from '../orb/arrivals.ts'
import { readOrbFolder } from '../registry/folder-lookup.ts'
import { createGraphqlClient } from '../registry/graphql-client.ts'
import { endpointOf } from '../registry/server.ts'
import type { Connection } from './connection.ts'
import type { RunOptions } from './options.ts'
import { projectNameOf, type WorkingTree } from './working-tree.ts'

const organization = 'local'

/** The project of a folder on this user's own server, with exactly the variables and contexts of this call. Answers its slug. */
export async function prepareLocalProject(
  connection: Connection,
  tree: WorkingTree,
  options: RunOptions,
): Promise<string> {
  const name = projectNameOf(tree.root)
  const slug = `gh/${organization}/${name}`
  await connection.call('POST', '/api/v2/organization', { name: organization, vcs_type: 'github' })
  await connection.call('POST', `/api/v2/organization/gh%2F${organization}/project`, { name })
  const variables = `/api/v2/project/${slug}/envvar`
  const known = await connection.call<{ items: { name: string }[] }>('GET', variables)
  for (const { name } of known.items)
    if (options.environment[name] === undefined) await connection.call('DELETE', `${variables}/${name}`)
  for (const [name, value] of Object.entries(options.environment))
    await connection.call('POST', variables, { name, value })
  await prepareContexts(connection, options)
  for (const folder of options.orbs) await bringOrbs(connection, folder)
  return slug
}

/** Contexts that a call names; those of earlier calls are deleted, for what they hold was given for those only. */
async function prepareContexts(connection: Connection, options: RunOptions): Promise<void> {
  const owner = `owner-slug=gh%2F${organization}&owner-type=organization`
  const { items } = await connection.call<{ items: { id: string }[] }>('GET', `/api/v2/context?${owner}`)
  for (const { id } of items) await connection.call('DELETE', `/api/v2/context/${id}`)
  for (const [name, variables] of options.contexts) {
    const { id } = await connection.call<{ id: string }>('POST', '/api/v2/context', {
      name,
      owner: { slug: `gh/${organization}`, type: 'organization' },
    })
    for (const [variable, value] of Object.entries(variables))
      await connection.call('PUT', `/api/v2/context/${id}/environment-variable/${variable}`, { value })
  }
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
  const path = /(?:^|[/:])([^/:]+)\/([^/]+?)(?:\.git)?\/?$/.exec(tree.origin ?? '')
  if (path === null) throw new Error('Which project? This repository has no remote "origin". Give --project ORG/REPO.')
  return `gh/${path[1]}/${path[2]}`
}

/** A push to a name that nobody has makes a project: one that is only mistyped shall not. Throws an Error for the user. */
export async function requireProject(connection: Connection, slug: string): Promise<void> {
  if (await connection.has(`/api/v2/project/${slug.split('/').map(encodeURIComponent).join('/')}`)) return
  const name = slug.replace(/^[^/]+\//, '')
  throw new Error(
    `${connection.url} knows no project ${name}, or none that is yours to see. Check the name: --project ORG/REPO. A new project is made by its first push: git push ${connection.url}/git/${name}.git HEAD:main`,
  )
}
