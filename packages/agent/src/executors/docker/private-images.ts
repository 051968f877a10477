import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { RegistryLogin } from './credentials.ts'

/**
 * Repositories whose images came to this machine by a login. The engine would give them to every job that knows their
 * name; so a job gets one only after the registry has given it to the job's own login, or to anybody.
 */
export interface PrivateImages {
  /** Whether a job with this login must ask the registry first. */
  mustAsk(repository: string, login: RegistryLogin | undefined): boolean
  /** An image of it is about to come by a login: on the engine it is there before anything else is known of it. */
  expect(repository: string): void
  /** The registry gave an image of it to this login; without a login: to anybody. */
  given(repository: string, login: RegistryLogin | undefined): void
}

/** Kept in a file, so that a restart forgets nothing but which logins were good. */
export function openPrivateImages(file: string): PrivateImages {
  const known = new Set<string>(read(file))
  const proven = new Set<string>()
  const salt = randomBytes(32)
  const proof = (repository: string, login: RegistryLogin) =>
    createHash('sha256')
      .update(salt)
      .update(JSON.stringify([repository, login.username, login.password]))
      .digest('hex')
  const save = () => writeFileSync(file, JSON.stringify([...known]), { mode: 0o600 })
  return {
    mustAsk: (repository, login) =>
      known.has(repository) && (login === undefined || !proven.has(proof(repository, login))),
    expect(repository) {
      if (known.has(repository)) return
      known.add(repository)
      save()
    },
    given(repository, login) {
      if (login !== undefined) proven.add(proof(repository, login))
      if (known.has(repository) === (login !== undefined)) return
      if (login === undefined) known.delete(repository)
      else known.add(repository)
      save()
    },
  }
}

function read(file: string): readonly string[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return []
  }
}
