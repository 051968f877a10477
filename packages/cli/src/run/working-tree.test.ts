import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { projectNameOf, snapshotWorkingTree } from './working-tree.ts'

let folder: string
let bare: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rondo-tree-'))
  bare = mkdtempSync(join(tmpdir(), 'rondo-bare-'))
  execFileSync('git', ['init', '--quiet', '--bare', bare])
  write('.circleci/config.yml', 'version: 2.1\n')
  return () => {
    for (const path of [folder, bare]) rmSync(path, { recursive: true, force: true })
  }
})

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

function git(...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd: folder,
    encoding: 'utf8',
  }).trim()
}

function destination() {
  return { url: bare, token: 'token', ref: 'refs/rondo/runs/1' }
}

function pushed(): readonly string[] {
  using tree = snapshotWorkingTree(folder)
  tree.push(destination())
  return execFileSync('git', ['-C', bare, 'ls-tree', '-r', '--name-only', tree.revision], { encoding: 'utf8' })
    .trim()
    .split('\n')
}

test('changed and new files are in the commit, ignored and deleted ones are not', () => {
  git('init', '--quiet', '--initial-branch=topic')
  write('kept.txt', 'one')
  write('gone.txt', 'two')
  write('.gitignore', '*.log\n')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'First')
  write('kept.txt', 'changed')
  write('new.txt', 'new')
  write('noise.log', 'noise')
  rmSync(join(folder, 'gone.txt'))
  expect(pushed()).toEqual(['.circleci/config.yml', '.gitignore', 'kept.txt', 'new.txt'])
  using tree = snapshotWorkingTree(folder)
  expect(tree).toMatchObject({ branch: 'topic', changedFiles: 3, origin: undefined })
})

test('the repository is left as it was: nothing staged, no object written', () => {
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'First')
  write('new.txt', 'new')
  const before = [git('status', '--porcelain'), git('count-objects'), readFileSync(join(folder, '.git/index'), 'hex')]
  pushed()
  expect([git('status', '--porcelain'), git('count-objects'), readFileSync(join(folder, '.git/index'), 'hex')]).toEqual(
    before,
  )
})

test('without changes it is the last commit itself', () => {
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'First')
  using tree = snapshotWorkingTree(folder)
  expect(tree).toMatchObject({ revision: git('rev-parse', 'HEAD'), changedFiles: 0 })
})

test('a subfolder stands for its repository', () => {
  git('init', '--quiet')
  write('deep/er/file.txt', 'x')
  using tree = snapshotWorkingTree(join(folder, 'deep/er'))
  expect(tree.root).toBe(folder)
})

test('a folder without git runs too, and gets none', () => {
  write('file.txt', 'x')
  expect(pushed()).toEqual(['.circleci/config.yml', 'file.txt'])
  expect(existsSync(join(folder, '.git'))).toBe(false)
})

test('a shallow clone runs too', () => {
  git('init', '--quiet')
  for (const text of ['1', '2']) {
    write('file.txt', text)
    git('add', '--all')
    git('commit', '--quiet', '--message', text)
  }
  const source = folder
  folder = join(mkdtempSync(join(tmpdir(), 'rondo-shallow-')), 'clone')
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${source}`, folder])
  expect(pushed()).toEqual(['.circleci/config.yml', 'file.txt'])
  rmSync(source, { recursive: true, force: true })
})

/** The refs of the repository that was pushed to, without the one of the run, by their names. */
function refsOf(repository: string): Record<string, string> {
  const listed = execFileSync('git', ['-C', repository, 'for-each-ref', '--format=%(refname) %(objectname)'], {
    encoding: 'utf8',
  })
  const refs = listed.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ') as [string, string]]))
  return Object.fromEntries(refs.filter(([name]) => !name.startsWith('refs/rondo/')))
}

describe('the repository of a run on this machine', () => {
  let revisions: Record<'first' | 'main' | 'topic', string>

  function commit(text: string): string {
    write('file.txt', text)
    git('add', '--all')
    git('commit', '--quiet', '--message', text)
    return git('rev-parse', 'HEAD')
  }

  function pushAll(branch?: string): string {
    execFileSync('git', ['-C', bare, 'config', 'receive.advertisePushOptions', 'true'])
    using tree = snapshotWorkingTree(folder)
    expect(tree.pushAll(destination(), branch ?? tree.branch)).toBeUndefined()
    return tree.revision
  }

  beforeEach(() => {
    git('init', '--quiet', '--initial-branch=main')
    const first = commit('first')
    const main = commit('of main')
    git('checkout', '--quiet', '-b', 'topic', first)
    const topic = commit('of topic')
    git('tag', 'v1', first)
    revisions = { first, main, topic }
  })

  test('has branches as the remote has them, the run’s own with what is not committed, and tags', () => {
    git('update-ref', 'refs/remotes/origin/main', revisions.first)
    git('update-ref', 'refs/remotes/origin/topic', revisions.first)
    git('update-ref', 'refs/remotes/origin/other', revisions.main)
    git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main')
    write('file.txt', 'not committed')

    const snapshot = pushAll()

    expect(snapshot).not.toBe(revisions.topic)
    expect(refsOf(bare)).toEqual({
      'refs/heads/main': revisions.first,
      'refs/heads/other': revisions.main,
      'refs/heads/topic': snapshot,
      'refs/tags/v1': revisions.first,
    })
  })

  test('follows branches that move and go', () => {
    git('branch', 'gone')
    pushAll()
    git('branch', '--delete', '--force', 'gone')
    git('branch', '--force', 'main', revisions.first)
    git('tag', '--delete', 'v1')

    pushAll('given/name')

    expect(refsOf(bare)).toEqual({
      'refs/heads/given/name': revisions.topic,
      'refs/heads/main': revisions.first,
      'refs/heads/topic': revisions.topic,
    })
  })

  test('follows a branch that makes room for others in a folder of its name', () => {
    pushAll()
    git('branch', '--move', 'topic', 'topic/one')

    const snapshot = pushAll()

    expect(refsOf(bare)).toMatchObject({ 'refs/heads/topic/one': snapshot })
    expect(refsOf(bare)).not.toHaveProperty('refs/heads/topic')
  })

  test('keeps the branch that it calls its own, and has everything else', () => {
    execFileSync('git', ['-C', bare, 'symbolic-ref', 'HEAD', 'refs/heads/topic'])
    pushAll()
    git('branch', '--move', 'topic', 'other')

    const snapshot = pushAll()

    expect(refsOf(bare)).toMatchObject({ 'refs/heads/other': snapshot, 'refs/heads/topic': revisions.topic })
  })

  test('runs no hook of the clone, and leaves it as it was', () => {
    writeFileSync(join(folder, '.git/hooks/pre-push'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const before = [git('for-each-ref'), git('count-objects')]
    write('file.txt', 'not committed')

    pushAll()

    expect([git('for-each-ref'), git('count-objects')]).toEqual(before)
  })

  test('has the run’s own branch of a shallow clone', () => {
    const source = folder
    folder = join(mkdtempSync(join(tmpdir(), 'rondo-shallow-')), 'clone')
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${source}`, folder])

    expect(refsOf(bare)).toEqual({})
    const snapshot = pushAll()
    expect(refsOf(bare)).toEqual({ 'refs/heads/topic': snapshot })
    rmSync(source, { recursive: true, force: true })
  })

  test('of a folder without git has its branch', () => {
    rmSync(join(folder, '.git'), { recursive: true })
    const snapshot = pushAll()
    expect(refsOf(bare)).toEqual({ 'refs/heads/main': snapshot })
  })

  test('has the run’s commit in any case, and what git refused of the rest is said', () => {
    writeFileSync(join(bare, 'hooks/update'), '#!/bin/sh\n[ "$1" != refs/heads/main ]\n', { mode: 0o755 })
    execFileSync('git', ['-C', bare, 'config', 'receive.advertisePushOptions', 'true'])
    using tree = snapshotWorkingTree(folder)

    const refused = tree.pushAll(destination(), 'topic')

    expect(refused).toContain('main')
    expect(execFileSync('git', ['-C', bare, 'rev-parse', 'refs/rondo/runs/1'], { encoding: 'utf8' }).trim()).toBe(
      tree.revision,
    )
  })
})

test('a push to a server elsewhere sends nothing but the commit', () => {
  git('init', '--quiet', '--initial-branch=topic')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'First')
  git('branch', 'other')
  git('tag', 'v1')
  pushed()
  expect(refsOf(bare)).toEqual({})
})

test('no config is said', () => {
  rmSync(join(folder, '.circleci'), { recursive: true })
  expect(() => snapshotWorkingTree(folder)).toThrow(`There is no .circleci/config.yml in ${folder}.`)
})

test('projects of two folders of one name differ, and odd names become names of repositories', () => {
  expect(projectNameOf('/a/My web app!')).toMatch(/^My-web-app--[0-9a-f]{6}$/)
  expect(projectNameOf('/a/web')).not.toBe(projectNameOf('/b/web'))
})
