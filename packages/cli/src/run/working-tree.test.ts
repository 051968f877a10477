import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
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

function pushed(): readonly string[] {
  using tree = snapshotWorkingTree(folder)
  tree.push(bare, 'token', 'refs/rondo/runs/1')
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

test('no config is said', () => {
  rmSync(join(folder, '.circleci'), { recursive: true })
  expect(() => snapshotWorkingTree(folder)).toThrow(`There is no .circleci/config.yml in ${folder}.`)
})

test('projects of two folders of one name differ, and odd names become names of repositories', () => {
  expect(projectNameOf('/a/My web app!')).toMatch(/^My-web-app--[0-9a-f]{6}$/)
  expect(projectNameOf('/a/web')).not.toBe(projectNameOf('/b/web'))
})
