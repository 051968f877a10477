import type { PullRequests } from '../pipeline.ts'
import type { PushedRef } from './repositories.ts'

/** What somebody is about to push. */
export interface NewPush {
  readonly projectId: string
  readonly actorId: string
  readonly refs: readonly PushedRef[]
  /** What the pusher said of pull requests. */
  readonly pullRequests?: PullRequests | undefined
}

export interface NotedPush extends NewPush {
  readonly id: string
}

/** By the database's clock. */
export type DuePush = NotedPush & { readonly ageMs: number }

/** Pushes that have not had everything that follows from them: what Git moved cannot be pushed again. */
export interface Pushes {
  /** Durable before Git moves a ref. */
  note(push: NewPush): Promise<NotedPush>
  /** Those that nobody has settled in a while, the longest waiting first. */
  due(limit: number): Promise<readonly DuePush[]>
  /**
   * Whether what followed from a ref that stands where this push wanted it was somebody else's: of two pushes of one commit to one
   * branch, Git carries out one, and nobody can see afterwards which. A later push that is still noted, or a pipeline made since,
   * is the other's; so is everything of a push that somebody has settled.
   */
  othersDid(push: NotedPush, ref: PushedRef): Promise<boolean>
  postpone(id: string, afterMs: number): Promise<void>
  /** Nothing more follows from it. */
  settle(id: string): Promise<void>
}
