import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { git, tryGit } from '../git.ts'

/**
 * Branches and tags as the remote of this clone has them, as far as the clone knows, by their full name on a server: what is
 * known of `origin`, and branches that are here alone.
 */
export function branchesHere(root: string, variables: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const format = '--format=%(objectname) %(refname) %(symref)'
  const listed = git(root, ['for-each-ref', format, 'refs/heads', 'refs/remotes/origin', 'refs/tags'], variables)
  // Sorted by name: what is known of the remote comes after local branches, and takes their place.
  return new Map(
    listed.split('\n').flatMap((line): [string, string][] => {
      const [id, name, leadsTo] = line.split(' ')
      // `origin/HEAD` is another name of a branch that is listed itself.
      if (id === undefined || name === undefined || leadsTo !== '') return []
      return [[name.replace(/^refs\/remotes\/origin\//, 'refs/heads/'), id]]
    }),
  )
}

/** Whether all that its branches stand on is here: a shallow or partial clone has a part, which cannot be pushed. */
export function isWhole(root: string, variables: Readonly<Record<string, string>>): boolean {
  return (
    tryGit(root, ['rev-parse', '--is-shallow-repository'], variables) !== 'true' &&
    tryGit(root, ['config', '--get-regexp', '^remote\\..*\\.promisor$'], variables) === undefined
  )
}

/** Makes a folder that git takes for a repository with these refs and no others; its objects are to be found by a variable. */
export function refsAlone(folder: string, refs: ReadonlyMap<string, string>): string {
  mkdirSync(join(folder, 'refs'), { recursive: true })
  mkdirSync(join(folder, 'objects'))
  writeFileSync(join(folder, 'HEAD'), 'ref: refs/heads/main\n')
  writeFileSync(join(folder, 'packed-refs'), [...refs].map(([name, id]) => `${id} ${name}\n`).join(''))
  return folder
}
