import { type GitRevision, toldBranch } from './pipeline.ts'

/**
 * The pull request from a fork that a pipeline builds, by its branch (`pull/7`); undefined for what members of the
 * organisation pushed. Whatever mirrors pull requests into the built-in hosting pushes those of forks under this name; nobody
 * gains by it, for a name can only take rights away (rule D-16).
 */
export function forkOf(git: Pick<GitRevision, 'branch' | 'asBranch'>): string | undefined {
  const branch = toldBranch(git)
  return branch?.startsWith('pull/') ? branch : undefined
}

/**
 * Among whom caches are shared: a project's own branches and tags, or one pull request from a fork, which neither reads nor
 * feeds what others restore (row S-10).
 */
export interface CacheScope {
  readonly projectId: string
  /** The pull request's branch; empty for the project's own. */
  readonly source: string
}
