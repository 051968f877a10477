import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './is-alive.ts'
import { projectNameOf, repositoryNameOf } from './working-tree.ts'

/**
 * Where one run at a time of a folder happens on this user's own server: an organisation and a project that no other run
 * has meanwhile, so that its variables and contexts are nobody else's. The next run of the folder finds its caches there;
 * one at the same time is given another place, with caches of its own.
 */
export interface Place {
  readonly organization: string
  readonly project: string
  readonly slug: string
  /** To be called before the first secret is sent there, so that a run that is killed does not leave it for good. */
  secretsCome(): void
  /** To be called when none is left. */
  secretsWent(): void
  /** Another run may have it. */
  release(): void
}

const placesFolder = 'places'
const secretsSuffix = '.secrets'

/** Takes the first place of a folder that no process has. It is free again when this process ends, in whatever way. */
export function takePlace(dataFolder: string, root: string): Place {
  for (let number = 1; ; number++) {
    const organization = number === 1 ? projectNameOf(root) : `${projectNameOf(root)}-${number}`
    const place = take(dataFolder, organization, repositoryNameOf(root))
    if (place !== undefined) return place
  }
}

/** Takes the places whose runs were killed before they took their secrets away. */
export function takeAbandonedPlaces(dataFolder: string): readonly Place[] {
  const folder = join(dataFolder, placesFolder)
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((file) => {
    if (!file.endsWith(secretsSuffix)) return []
    const [organization = '', project = ''] = file.slice(0, -secretsSuffix.length).split('~')
    return take(dataFolder, organization, project) ?? []
  })
}

function take(dataFolder: string, organization: string, project: string): Place | undefined {
  const holders = join(dataFolder, placesFolder, organization)
  mkdirSync(holders, { recursive: true, mode: 0o700 })
  const mine = join(holders, String(process.pid))
  const release = () => rmSync(mine, { force: true })
  // Whoever comes at the same moment sees this record, or is seen: both may then go on to other places, never share one.
  writeFileSync(mine, '')
  if (others(holders)) {
    release()
    return undefined
  }
  // No name has a tilde.
  const mark = join(dataFolder, placesFolder, `${organization}~${project}${secretsSuffix}`)
  return {
    organization,
    project,
    slug: `gh/${organization}/${project}`,
    secretsCome: () => writeFileSync(mark, ''),
    secretsWent: () => rmSync(mark, { force: true }),
    release,
  }
}

/** Whether another process has a place. A record whose process has gone is removed. */
function others(holders: string): boolean {
  return readdirSync(holders).some((name) => {
    if (name === String(process.pid)) return false
    if (isAlive(Number(name))) return true
    rmSync(join(holders, name), { force: true })
    return false
  })
}
