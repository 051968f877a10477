import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckoutStep, Step } from '@rondo/model'
import type { CheckoutSpec } from '@rondo/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runTask } from '../testing/run-task.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'

let home: string
let repository: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'checkout-'))
  repository = join(home, 'repository.git')
  git('init', '-q', '--bare', '-b', 'main', repository)
  git('-C', repository, 'config', 'uploadpack.allowFilter', 'true')
  git('-C', repository, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com']
  return execFileSync('git', [...identity, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

/** Commits a file on what was committed before, and puts the commit under a ref; answers its id. */
function commit(ref: string, content: string, parent?: string): string {
  const blob = execFileSync('git', ['-C', repository, 'hash-object', '-w', '--stdin'], { input: content })
    .toString()
    .trim()
  const tree = execFileSync('git', ['-C', repository, 'mktree'], { input: `100644 blob ${blob}\tfile.txt\n` })
  const parents = parent === undefined ? [] : ['-p', parent]
  const made = git('-C', repository, 'commit-tree', tree.toString().trim(), '-m', content.trim(), ...parents)
  git('-C', repository, 'update-ref', ref, made)
  return made
}

const step = (more: Partial<CheckoutStep> = {}): CheckoutStep => ({
  type: 'checkout',
  method: 'blobless',
  origin,
  ...more,
})

function spec(steps: readonly Step[], checkout: Partial<CheckoutSpec>) {
  const url = `file://${repository}`
  return taskSpec(steps, {
    checkout: { url, username: 'u', password: 'p', revision: '', branch: 'main', tag: null, ssh: null, ...checkout },
  })
}

const look = runStep('git status --short --branch; cat file.txt; git log --format=%s')

for (const method of ['blobless', 'full', 'shallow'] as const) {
  test(`a ${method} checkout stands on its branch, at its revision though the branch has moved on`, async () => {
    const revision = commit('refs/heads/main', 'one\n')
    commit('refs/heads/main', 'two\n', revision)

    const { server, ends } = await runTask(home, spec([step({ method }), look], { revision }))

    expect(ends.at(-1), server.output(2)).toBe('passed')
    expect(server.output(2)).toContain('HEAD is now at')
    expect(server.output(3)).toMatch(/^## main.*\none\none\n$/)
  })
}

test('git packs nothing beside the steps by itself', async () => {
  const revision = commit('refs/heads/main', 'one\n')

  const { server } = await runTask(home, spec([step(), runStep('git config gc.auto')], { revision }))

  expect(server.output(3)).toBe('0\n')
})

test('a tag is checked out by itself, on no branch', async () => {
  const revision = commit('refs/tags/v1', 'tagged\n')

  const { server } = await runTask(
    home,
    spec([step(), look, runStep('git describe --tags')], { revision, branch: null, tag: 'v1' }),
  )

  expect(server.output(3)).toMatch(/^## HEAD \(no branch\)\ntagged\n/)
  expect(server.output(4)).toBe('v1\n')
})

test('a pull request is fetched from where hostings keep it', async () => {
  commit('refs/heads/main', 'main\n')
  const revision = commit('refs/pull/7/head', 'proposed\n')
  git('-C', repository, 'config', 'uploadpack.allowAnySHA1InWant', 'false')
  const named = runStep('git rev-parse origin/pull/7 origin/main >/dev/null && echo both')

  const { server } = await runTask(home, spec([step(), look, named], { revision, branch: 'pull/7' }))

  expect(server.output(3)).toMatch(/^## pull\/7\nproposed\n/)
  expect(server.output(4)).toBe('both\n')
})

test('path is read from the working directory, from home, and from the root', async () => {
  const revision = commit('refs/heads/main', 'here\n')
  const steps = [step({ path: 'a/b c' }), step({ path: '~/at-home' }), step({ path: join(home, 'root') })]

  const { ends } = await runTask(home, spec(steps, { revision }))

  expect(ends.at(-1)).toBe('passed')
  for (const place of ['project/a/b c', 'at-home', 'root']) expect(existsSync(join(home, place, 'file.txt'))).toBe(true)
})

test('a repository that is there already is brought up to date, whatever state it was left in [I-010]', async () => {
  const revision = commit('refs/heads/main', 'one\n')
  await runTask(home, spec([step()], { revision }))
  const work = join(home, 'project')
  writeFileSync(join(work, 'file.txt'), 'changed by a build\n')
  writeFileSync(join(work, 'untracked'), 'of a build\n')
  writeFileSync(join(work, '.git/index.lock'), '')
  git('-C', work, 'remote', 'set-url', 'origin', 'https://elsewhere.example.com/x.git')
  const next = commit('refs/heads/main', 'two\n', revision)

  const { server } = await runTask(home, spec([step(), look], { revision: next }))

  expect(server.output(2)).toContain('Fetching into the repository that is there')
  expect(server.output(3)).toMatch(/^## main.*\n\?\? untracked\ntwo\ntwo\none\n/)
})

test('a folder that is no repository, a file, and a revision that is gone fail with the reason [I-010]', async () => {
  const revision = commit('refs/heads/main', 'one\n')
  mkdirSync(join(home, 'full'))
  writeFileSync(join(home, 'full/file'), '')
  const cases = [
    [step({ path: '~/full' }), revision, 'is not empty and not a git repository'],
    [step({ path: '~/full/file' }), revision, 'is a file'],
    [step(), 'f'.repeat(40), 'not our ref'],
  ] as const

  for (const [checkout, wanted, reason] of cases) {
    const { server, ends } = await runTask(home, spec([checkout], { revision: wanted }))
    expect(ends.at(-1)).toBe('failed')
    expect(server.output(2)).toContain(reason)
  }
})

test('a host that does not answer for a while is asked again, and its code arrives', async () => {
  const revision = commit('refs/heads/main', 'one\n')
  git('-C', repository, 'update-server-info')
  let asked = 0
  const host = createServer((request, response) => {
    const file = join(repository, new URL(request.url ?? '/', 'http://host').pathname)
    if (asked++ === 0) response.writeHead(503).end()
    else if (existsSync(file)) response.end(readFileSync(file))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}`

  const { server, ends } = await runTask(home, spec([step({ method: 'full' }), look], { revision, url }))
  host.close()

  expect(server.output(2)).toContain("The repository's host does not answer. Trying again in 1 s.")
  expect(ends.at(-1), server.output(2)).toBe('passed')
  expect(server.output(3)).toContain('one')
})

test('the address that jobs are told answers git in any folder after the checkout, and holds no password [I-044]', async () => {
  const revision = commit('refs/heads/main', 'one\n')
  git('-C', repository, 'update-server-info')
  const host = createServer((request, response) => {
    const file = join(repository, new URL(request.url ?? '/', 'http://host').pathname)
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    else if (existsSync(file)) response.end(readFileSync(file))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
  const there = runStep('git ls-remote "$CIRCLE_REPOSITORY_URL" refs/heads/main; echo "$CIRCLE_REPOSITORY_URL"')
  const elsewhere = runStep('cd /tmp && GIT_TERMINAL_PROMPT=0 git ls-remote "$CIRCLE_REPOSITORY_URL" refs/heads/main')

  const { server } = await runTask(home, {
    ...spec([step({ method: 'full' }), there, elsewhere], { revision, url }),
    environment: [{ name: 'CIRCLE_REPOSITORY_URL', value: 'http://as-people-know-it.example.com/app.git' }],
  })
  host.close()

  expect(server.output(3)).toBe(`${revision}\trefs/heads/main\n${url}\n`)
  expect(server.output(4)).toBe(`${revision}\trefs/heads/main\n`)
})

test('variables that would change what git does are of no account', async () => {
  const revision = commit('refs/heads/main', 'one\n')
  const evil = join(home, 'evil')
  writeFileSync(evil, `#!/bin/sh\ntouch ${home}/ran\n`, { mode: 0o755 })
  const environment = ['GIT_EXEC_PATH', 'GIT_ASKPASS', 'GIT_SSH_COMMAND', 'BASH_ENV', 'GIT_DIR'].map((name) => ({
    name,
    value: evil,
  }))

  const { ends } = await runTask(home, { ...spec([step()], { revision }), environment })

  expect(ends.at(-1)).toBe('passed')
  expect(existsSync(join(home, 'ran'))).toBe(false)
})
