import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { createGitHosting } from '@rondo/adapters'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runTask } from '../testing/run-task.ts'
import { origin, taskSpec } from '../testing/task-spec.ts'

let home: string
let server: Server
let asked: (string | undefined)[]

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'no-git-'))
  asked = []
  const hosting = createGitHosting(join(home, 'repositories'))
  await hosting.create({ organization: 'acme', name: 'app' })
  server = createServer((request, response) => {
    asked.push(request.headers.authorization)
    const protocol = request.headers['git-protocol'] as string | undefined
    const service = 'git-upload-pack'
    const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request
    const repository = { organization: 'acme', name: 'app' }
    const answer = request.url?.includes('info/refs')
      ? hosting.advertise(repository, service, protocol)
      : hosting.serve(repository, service, body, { protocol, signal: new AbortController().signal })
    const kind = request.url?.includes('info/refs') ? 'advertisement' : 'result'
    response.setHeader('content-type', `application/x-${service}-${kind}`)
    pipeline(answer, response).catch(() => {})
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
})

afterEach(async () => {
  await new Promise((closed) => server.close(closed))
  rmSync(home, { recursive: true, force: true })
})

/** A commit of these files in the hosted repository; answers its id. */
function commit(files: Readonly<Record<string, string>>): string {
  const work = mkdtempSync(join(home, 'work-'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com', ...args], { cwd: work }).toString()
  git('init', '-q', '-b', 'main')
  for (const [name, content] of Object.entries(files)) writeFileSync(join(work, name), content)
  git('add', '-A')
  git('commit', '-q', '-m', 'files')
  git('push', '-q', '-f', join(home, 'repositories/acme/app.git'), 'HEAD:main')
  return git('rev-parse', 'HEAD').trim()
}

/** Programs of an image that has these and no others. */
function programs(names: readonly string[]): string {
  const folder = mkdtempSync(join(home, 'bin-'))
  for (const name of names) symlinkSync(execFileSync('which', [name]).toString().trim(), join(folder, name))
  return folder
}

const basic = ['sh', 'ls', 'mkdir', 'rm', 'cat', 'setsid', 'mkfifo', 'sleep', 'chmod', 'grep', 'touch']

function run(revision: string, tools: readonly string[]) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/git/acme/app.git`
  const checkout = { url, username: 'rondo', password: 'pass-word', revision, branch: 'main', tag: null, ssh: null }
  const environment = [{ name: 'PATH', value: programs([...basic, ...tools]) }]
  return runTask(home, taskSpec([{ type: 'checkout', method: 'full', origin }], { checkout, environment }))
}

test('a job without git gets its files, with the job’s own credential, and nothing is left beside them', async () => {
  const revision = commit({ 'file.txt': 'content\n', 'large.bin': 'x'.repeat(3_000_000) })

  const { server: told, ends } = await run(revision, ['tar'])

  expect(ends.at(-1), told.output(2)).toBe('passed')
  expect(readFileSync(join(home, 'project/file.txt'), 'utf8')).toBe('content\n')
  expect(readFileSync(join(home, 'project/large.bin'))).toHaveLength(3_000_000)
  expect(readFileSync(join(home, 'project/.git/config'), 'utf8')).not.toContain('pass-word')
  expect(new Set(asked)).toEqual(new Set([`Basic ${Buffer.from('rondo:pass-word').toString('base64')}`]))
  expect(told.output(2)).toContain('Later steps have no git')
})

test('a job with neither git nor tar is told so, and so is one whose folder holds other things', async () => {
  const revision = commit({ 'file.txt': 'content\n' })

  const without = await run(revision, [])
  mkdirSync(join(home, 'project'), { recursive: true })
  writeFileSync(join(home, 'project/mine'), '')
  const full = await run(revision, ['tar'])

  expect(without.server.output(2)).toContain('neither git nor tar')
  expect(full.server.output(2)).toContain('is not empty and not a git repository')
  expect(existsSync(join(home, 'project/file.txt'))).toBe(false)
  expect([without.ends.at(-1), full.ends.at(-1)]).toEqual(['failed', 'failed'])
})

test('a revision that is gone is said in git’s words', async () => {
  commit({ 'file.txt': 'content\n' })

  const { server: told, ends } = await run('f'.repeat(40), ['tar'])

  expect(told.output(2)).toContain('not our ref')
  expect(ends.at(-1)).toBe('failed')
})
