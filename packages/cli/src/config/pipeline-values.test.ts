import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { VerbCall } from '../noun.ts'
import { valuesOf } from './pipeline-values.ts'

let folder: string
let config: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rondo-values-'))
  mkdirSync(join(folder, '.circleci'))
  config = join(folder, '.circleci/config.yml')
  writeFileSync(config, 'version: 2.1\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
    cwd: folder,
    encoding: 'utf8',
  }).trim()

function commit(): string {
  git('init', '--quiet', '--initial-branch=feature/x')
  git('add', '.')
  git('commit', '--quiet', '-m', 'Add config\n\nIt was time.')
  return git('rev-parse', 'HEAD')
}

function values(flags: Readonly<Record<string, string | readonly string[]>> = {}, file = config) {
  const text = (flag: string) => (typeof flags[flag] === 'string' ? flags[flag] : undefined)
  const texts = (flag: string) => (Array.isArray(flags[flag]) ? flags[flag] : [])
  const call: VerbCall = { arguments: [], text, texts, given: () => false }
  return valuesOf(call, file)
}

describe('a config in a working copy', () => {
  test('sees its branch, commit and remote', () => {
    const revision = commit()
    git('remote', 'add', 'origin', 'git@bitbucket.org:acme/web.app.git')

    expect(values()).toMatchObject({
      'pipeline.number': 1,
      'pipeline.git.branch': 'feature/x',
      'pipeline.git.branch.is_default': false,
      'pipeline.git.tag': '',
      'pipeline.git.revision': revision,
      'pipeline.git.commit.subject': 'Add config',
      'pipeline.git.commit.body': 'It was time.',
      'pipeline.git.commit.author_login': 'Ada',
      'pipeline.git.repo_url': 'https://bitbucket.org/acme/web.app',
      'pipeline.git.repo_owner': 'acme',
      'pipeline.git.repo_name': 'web.app',
      'pipeline.project.type': 'bitbucket',
      'pipeline.project.slug': 'bb/acme/web.app',
    })
  })

  test('sees the tag of a tag that is checked out, and whether its branch is the default one', () => {
    commit()
    git('tag', 'v1.0')
    git('update-ref', 'refs/remotes/origin/feature/x', 'HEAD')
    git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/feature/x')
    const onBranch = values()
    git('checkout', '--quiet', 'v1.0')

    expect(onBranch).toMatchObject({ 'pipeline.git.tag': '', 'pipeline.git.branch.is_default': true })
    expect(values()).toMatchObject({
      'pipeline.git.tag': 'v1.0',
      'pipeline.git.branch': '',
      'pipeline.git.branch.is_default': false,
    })
  })

  test('sees what flags say instead', () => {
    commit()

    expect(values({ branch: 'main', revision: 'abc' })).toMatchObject({
      'pipeline.git.branch': 'main',
      'pipeline.git.revision': 'abc',
    })
    expect(values({ tag: 'v2' })).toMatchObject({ 'pipeline.git.branch': '', 'pipeline.git.tag': 'v2' })
    expect(
      values({ value: ['trigger_source=api', 'pipeline.number=7', 'pipeline.git.branch.is_default=true'] }),
    ).toMatchObject({
      'pipeline.trigger_source': 'api',
      'pipeline.number': 7,
      'pipeline.git.branch.is_default': true,
      'pipeline.git.branch': 'feature/x',
    })
  })

  test('may be one that nothing was committed to yet', () => {
    git('init', '--quiet', '--initial-branch=trunk')

    expect(values()).toMatchObject({ 'pipeline.git.branch': 'trunk', 'pipeline.git.revision': '' })
  })
})

test('a config sees what the older integrations would bring, typed as they bring it', () => {
  expect(values({ value: ['event.github.pull_request.number=7'] })).toMatchObject({
    'pipeline.trigger_parameters.circleci.trigger_type': 'github_app',
    'pipeline.trigger_parameters.circleci.event_type': 'push',
    'pipeline.trigger_parameters.circleci.event_time': '2020-01-01T00:00:00Z',
    'pipeline.trigger_parameters.github_app.branch': 'main',
    'pipeline.trigger_parameters.github_app.ref': 'refs/heads/master',
    'pipeline.trigger_parameters.github_app.total_commits_count': 1,
    'pipeline.trigger_parameters.gitlab.default_branch': 'main',
    'pipeline.trigger_parameters.gitlab.is_fork_merge_request': false,
    'pipeline.event.github.pull_request.number': 7,
    'pipeline.event.github.pull_request.draft': false,
  })
})

test('a config in no working copy is on branch main', () => {
  expect(values()).toMatchObject({ 'pipeline.git.branch': 'main', 'pipeline.git.repo_url': '' })
})

test.each([
  [{ branch: 'a', tag: 'b' }, 'not both'],
  [{ value: ['x'] }, 'write --value NAME=VALUE'],
  [{ value: ['pipeline.git.brnch=x'] }, /there is no pipeline value pipeline\.git\.brnch\. Did you mean/],
  [{ value: ['pipeline.number=abc'] }, 'pipeline.number is a whole number, not "abc"'],
  [{ value: ['number='] }, 'pipeline.number is a whole number, not ""'],
  [{ value: ['git.branch.is_default=yes'] }, 'pipeline.git.branch.is_default is true or false, not "yes"'],
  [{ value: ['pipeline.parameters.a=1'] }, 'given with --pipeline-parameters'],
])('%j is refused', (flags, words) => {
  expect(() => values(flags)).toThrow(words)
})
