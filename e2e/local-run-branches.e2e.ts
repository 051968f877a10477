import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dockerAnswers, imagePresent } from '@rondo/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)
const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))

const config = `version: 2.1
jobs:
  compare:
    docker: [{image: '${image}'}]
    resource_class: small
    steps:
      - checkout
      - run: 'echo "changed: $(git diff --name-only origin/main...HEAD | tr "\\n" " ")"'
      - run: 'echo "described: $(git describe --tags)"'
      - run: 'git fetch --quiet origin main && echo "fetched: $(git log -1 --format=%s FETCH_HEAD)"'
      - run: 'cd /tmp && git ls-remote --heads "$CIRCLE_REPOSITORY_URL" | sed "s/.*refs/listed: refs/"'
      - run: 'echo "mine: $(git log -1 --format=%s origin/topic)"'
workflows: {main: {jobs: [compare]}}
`

let folder: string
let data: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rondo-branches-'))
  data = mkdtempSync('/tmp/rondo-run-data-')
  // PostgreSQL runs as another user when the tests run as root.
  execFileSync('chmod', ['755', data])
  mkdirSync(join(data, 'run'), { mode: 0o755 })
})
afterEach(() => {
  for (const path of [folder, data]) rmSync(path, { recursive: true, force: true })
})

function git(...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com', ...args], { cwd: folder })
}

function commit(name: string, text = name): void {
  writeFileSync(join(folder, name), text)
  git('add', '--all')
  git('commit', '--quiet', '--message', `Add ${name}`)
}

test.runIf(!ready)('branches of local runs are left out: a Docker engine or its image is not here', () => {
  expect(ready).toBe(false)
})

test.runIf(ready)('jobs of rondo run compare with branches and tags of the clone, as on a server [I-010]', async () => {
  mkdirSync(join(folder, '.circleci'))
  git('init', '--quiet', '--initial-branch=main')
  commit('.circleci/config.yml', config)
  git('tag', 'v1')
  git('checkout', '--quiet', '-b', 'topic')
  commit('committed.txt')
  git('checkout', '--quiet', 'main')
  commit('of-main.txt')
  git('update-ref', 'refs/remotes/origin/main', 'main')
  git('checkout', '--quiet', 'topic')
  writeFileSync(join(folder, 'uncommitted.txt'), '')

  const child = spawn(process.execPath, [program, 'run'], {
    cwd: folder,
    env: { PATH: process.env.PATH, RONDO_RUN_DATA: join(data, 'run'), RONDO_EXECUTOR: 'docker' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const code = await new Promise((resolve) => child.once('exit', resolve))

  expect(printed).toContain('changed: committed.txt uncommitted.txt')
  expect(printed).toMatch(/described: v1-2-g/)
  expect(printed).toContain('fetched: Add of-main.txt')
  expect(printed).toContain('listed: refs/heads/main')
  expect(printed).toContain('listed: refs/heads/topic')
  expect(printed).toContain('mine: Add committed.txt (working tree)')
  expect(code, printed).toBe(0)
})
