import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { GitRevision } from '@rondo/model'
import { git, tryGit } from '../git.ts'
import { type Destination, pushAll, pushCommit } from './push-snapshot.ts'
import { makeScratchFolder } from './scratch-folder.ts'

/** Git refuses to commit for nobody; the commit of a run needs no person. */
const author = {
  GIT_AUTHOR_NAME: 'Rondo run',
  GIT_AUTHOR_EMAIL: 'run@localhost',
  GIT_COMMITTER_NAME: 'Rondo run',
  GIT_COMMITTER_EMAIL: 'run@localhost',
}

/** The files of a folder as one commit, uncommitted changes and new files included, ignored ones not. */
export interface WorkingTree extends Disposable {
  readonly root: string
  readonly branch: string
  /** Address of the remote `origin`. */
  readonly origin: string | undefined
  readonly revision: string
  readonly commit: Pick<GitRevision, 'subject' | 'body' | 'authorName' | 'authorEmail'>
  /** Files that differ from the last commit; all of them when there is none. */
  readonly changedFiles: number
  /** Sends the commit to a repository, and nothing else. Throws with what git said. */
  push(destination: Destination): void
  /**
   * The same to a repository of this machine, which then has the commit on `branch`, and the other branches and tags that the
   * clone knows; no pipelines follow. Answers what git said when it could not have them all, which the run survives.
   */
  pushAll(destination: Destination, branch: string): string | undefined
}

/**
 * Makes a commit of the working tree of a folder without touching it or its repository: index and objects go into a
 * temporary folder. A folder without git works too. Throws an Error whose message is for the user.
 */
export function snapshotWorkingTree(folder: string): WorkingTree {
  const scratch = makeScratchFolder()
  try {
    return snapshot(folder, scratch)
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true })
    throw error
  }
}

function snapshot(folder: string, scratch: string): WorkingTree {
  const top = tryGit(folder, ['rev-parse', '--show-toplevel'], {})
  const root = top === undefined ? realpathSync(folder) : top
  if (!existsSync(join(root, '.circleci/config.yml')))
    throw new Error(`There is no .circleci/config.yml in ${root}. Go to a project that has one, or write one.`)
  const variables = top === undefined ? ownRepository(root, scratch) : sharedRepository(root, scratch)
  const head = tryGit(root, ['rev-parse', '--verify', '--quiet', 'HEAD'], variables)
  git(root, ['add', '--all'], variables)
  const tree = git(root, ['write-tree'], variables)
  const unchanged = head !== undefined && git(root, ['rev-parse', `${head}^{tree}`], variables) === tree
  const shallow = tryGit(root, ['rev-parse', '--is-shallow-repository'], variables) === 'true'
  // A shallow history cannot be pushed; its newest commit's files can.
  const parent = head === undefined || shallow ? [] : ['-p', head]
  const revision =
    unchanged && !shallow
      ? head
      : git(root, ['commit-tree', tree, ...parent, '-m', message(root, head, variables)], { ...author, ...variables })
  const taken = { root, revision, variables, scratch }
  return {
    root,
    branch: tryGit(root, ['symbolic-ref', '--short', '--quiet', 'HEAD'], variables) ?? 'main',
    origin: tryGit(root, ['remote', 'get-url', 'origin'], variables),
    revision,
    commit: describe(root, revision, variables),
    changedFiles: unchanged ? 0 : changes(root, head, tree, variables),
    push: (destination) => pushCommit(taken, destination),
    pushAll: (destination, branch) => pushAll(taken, destination, branch),
    [Symbol.dispose]: () => rmSync(scratch, { recursive: true, force: true }),
  }
}

/** The repository's objects are read, ours are written beside; its index is copied for what it knows of unchanged files. */
function sharedRepository(root: string, scratch: string): Record<string, string> {
  const inside = (name: string) => resolve(root, git(root, ['rev-parse', '--git-path', name]))
  const index = join(scratch, 'index')
  if (existsSync(inside('index'))) copyFileSync(inside('index'), index)
  const objects = join(scratch, 'objects')
  mkdirSync(objects)
  return {
    GIT_INDEX_FILE: index,
    GIT_OBJECT_DIRECTORY: objects,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: inside('objects'),
  }
}

function ownRepository(root: string, scratch: string): Record<string, string> {
  const folder = join(scratch, 'git')
  const variables = { GIT_DIR: folder, GIT_WORK_TREE: root, GIT_OBJECT_DIRECTORY: join(folder, 'objects') }
  git(root, ['init', '--quiet', '--initial-branch=main'], variables)
  return variables
}

function describe(root: string, revision: string, variables: Record<string, string>): WorkingTree['commit'] {
  const shown = git(root, ['log', '-1', '--format=%s%x00%an%x00%ae%x00%b', revision], variables)
  const [subject = '', authorName = '', authorEmail = '', body = ''] = shown.split('\0')
  return { subject, authorName, authorEmail, body: body.trimEnd() }
}

function message(root: string, head: string | undefined, variables: Record<string, string>): string {
  if (head === undefined) return 'Working tree'
  return `${git(root, ['log', '-1', '--format=%s', head], variables)} (working tree)`
}

function changes(root: string, head: string | undefined, tree: string, variables: Record<string, string>): number {
  const listed =
    head === undefined
      ? git(root, ['ls-tree', '-r', '--name-only', tree], variables)
      : git(root, ['diff-tree', '-r', '--name-only', head, tree], variables)
  return listed.split('\n').filter(Boolean).length
}

/** A name for the project of a folder: readable, and different for two folders of one name. */
export function projectNameOf(root: string): string {
  return `${repositoryNameOf(root)}-${createHash('sha256').update(root).digest('hex').slice(0, 6)}`
}

/** A folder's name as one of a repository. */
export function repositoryNameOf(root: string): string {
  const name = basename(root)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 60)
  return name || 'project'
}
