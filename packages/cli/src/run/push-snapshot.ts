import { join } from 'node:path'
import { git, tryGit } from '../git.ts'
import { branchesHere, isWhole, refsAlone } from './branches-here.ts'

/** A commit, and where git finds it. */
export interface Snapshot {
  readonly root: string
  readonly revision: string
  /** With which git finds its objects. */
  readonly variables: Readonly<Record<string, string>>
  /** Folder for what is needed meanwhile. */
  readonly scratch: string
}

export interface Destination {
  readonly url: string
  readonly token: string
  /** No branch: the name under which a run has its commit. */
  readonly ref: string
}

export function pushCommit({ root, revision, variables }: Snapshot, { url, token, ref }: Destination): void {
  git(root, ['push', '--quiet', url, `${revision}:${ref}`], { ...variables, ...asPusher(token) })
}

/** See `WorkingTree.pushAll`. */
export function pushAll(snapshot: Snapshot, destination: Destination, branch: string): string | undefined {
  const { root, revision, variables, scratch } = snapshot
  const { url, token, ref } = destination
  const pusher = { ...variables, ...asPusher(token) }
  const push = ['push', '--quiet', '--force', '--no-verify', '--push-option=ci.skip']
  const commit = `${revision}:${ref}`
  try {
    if (!isWhole(root, variables)) {
      git(root, [...push, url, commit, `${revision}:refs/heads/${branch}`], pusher)
      return undefined
    }
    const refs = new Map(branchesHere(root, variables)).set(`refs/heads/${branch}`, revision)
    const own = { ...pusher, GIT_DIR: refsAlone(join(scratch, 'refs'), refs) }
    const all = ['refs/heads/*:refs/heads/*', 'refs/tags/*:refs/tags/*', commit]
    // Of what is gone here one thing may stay: a repository keeps the branch that it calls its own.
    if (tryGit(root, [...push, '--prune', url, ...all], own) === undefined) git(root, [...push, url, ...all], own)
    return undefined
  } catch (error) {
    // What the job's own code is taken from must be there.
    pushCommit(snapshot, destination)
    return error instanceof Error ? error.message : String(error)
  }
}

function asPusher(token: string): Record<string, string> {
  return {
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`rondo:${token}`).toString('base64')}`,
    GIT_CONFIG_KEY_1: 'push.followTags',
    GIT_CONFIG_VALUE_1: 'false',
  }
}
