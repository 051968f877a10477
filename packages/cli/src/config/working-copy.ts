import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { tryGit } from '../git.ts'

/** What git says of the folder a config is in. Texts are empty where there is nothing. */
export interface WorkingCopy {
  /** Empty when a tag is checked out. */
  readonly branch: string
  readonly tag: string
  readonly revision: string
  /** The branch that the remote `origin` starts with; empty when that is not known. */
  readonly defaultBranch: string
  readonly subject: string
  readonly body: string
  readonly author: string
  /** Web address of the remote `origin`. */
  readonly url: string
}

/** Undefined: the path is in no working copy. */
export function readWorkingCopy(path: string): WorkingCopy | undefined {
  const folder = folderOf(path)
  if (tryGit(folder, ['rev-parse', '--is-inside-work-tree']) !== 'true') return undefined
  const ask = (...args: string[]) => tryGit(folder, args) ?? ''
  const named = ask('symbolic-ref', '--short', '--quiet', 'HEAD')
  const tag = named === '' ? ask('describe', '--exact-match', '--tags', 'HEAD') : ''
  return {
    // Neither branch nor tag: a commit as machines check it out.
    branch: named === '' && tag === '' ? 'main' : named,
    tag,
    revision: ask('rev-parse', '--verify', '--quiet', 'HEAD'),
    defaultBranch: ask('symbolic-ref', '--short', '--quiet', 'refs/remotes/origin/HEAD').replace(/^origin\//, ''),
    subject: ask('log', '-1', '--format=%s'),
    body: ask('log', '-1', '--format=%b').trimEnd(),
    author: ask('log', '-1', '--format=%an'),
    url: webAddress(ask('remote', 'get-url', 'origin')),
  }
}

/** The top folder of the working copy that a folder is in. */
export function topOf(folder: string): string | undefined {
  return tryGit(folder, ['rev-parse', '--show-toplevel'])
}

function folderOf(path: string): string {
  const folder = path === '-' ? process.cwd() : dirname(resolve(path))
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? folder : process.cwd()
}

/** `git@host:org/repo.git` and `https://user:secret@host/org/repo.git` as `https://host/org/repo`. */
function webAddress(remote: string): string {
  const match = /^(?:[a-z+]+:\/\/)?(?:[^@/]+@)?([^/:]+)(?::\d+)?[/:](.+?)(?:\.git)?\/?$/.exec(remote)
  return match === null ? '' : `https://${match[1]}/${match[2]}`
}
