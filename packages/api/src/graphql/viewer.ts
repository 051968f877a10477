import { AppError, type Principal, type User } from '@rondo/model'

export type Asker = Extract<Principal, { kind: 'user' }>

/** What resolvers know of a request: who asks, undefined for somebody who did not sign in. */
export interface Viewer {
  readonly asker: Asker | undefined
  /** Aborted when whoever asks has hung up. */
  readonly signal: AbortSignal
}

/** Clients know by the words "must log in" that a token is missing (reference/api, section 5). */
export function requireAsker(viewer: Viewer): Asker {
  if (viewer.asker === undefined) throw new AppError('unauthenticated', 'You must log in first.')
  return viewer.asker
}

export function requireUser(viewer: Viewer): User {
  return requireAsker(viewer).user
}
