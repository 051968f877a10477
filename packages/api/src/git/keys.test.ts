import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGitSsh, type GitSsh } from '@rondo/adapters'
import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newSshKeyPair } from '../ssh-key-pair.ts'
import { createGitKeys } from './keys.ts'

let world: ApiWorld
let ssh: GitSsh
let port: number
let folder: string
let work: string
const host = newSshKeyPair('host')
const errors: unknown[] = []

beforeAll(async () => {
  world = await startApiWorld()
  const onError = (error: unknown) => void errors.push(error)
  const keys = createGitKeys(world.ports, { publicUrl: world.publicUrl, onError })
  ssh = createGitSsh({ hosting: world.ports.hosting, ...keys }, { hostKey: host.privateKey, onError })
  port = await ssh.listen({ host: '127.0.0.1', port: 0 })
  folder = mkdtempSync(join(tmpdir(), 'git-keys-'))
  const hostLine = (key: string) => `[127.0.0.1]:${port} ${key.split(' ').slice(0, 2).join(' ')}\n`
  writeFileSync(join(folder, 'known_hosts'), hostLine(host.publicKey))
  writeFileSync(join(folder, 'wrong_hosts'), hostLine(newSshKeyPair('x').publicKey))
})

beforeEach(() => {
  work = mkdtempSync(join(folder, 'work-'))
})

afterAll(async () => {
  await ssh.close()
  await world.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A checkout key as the API makes it, its private half in a file. */
async function keyOf(type: 'deploy-key' | 'github-user-key', owner = world.owner): Promise<string> {
  const pair = newSshKeyPair(type)
  await world.ports.checkoutKeys.add({
    projectId: owner.project.id,
    type,
    publicKey: pair.publicKey,
    sealed: Buffer.alloc(1),
    md5: pair.md5,
    sha256: pair.sha256,
    createdBy: type === 'deploy-key' ? null : owner.user.id,
  })
  const file = join(work, `${type}-${owner.project.id}`)
  writeFileSync(file, pair.privateKey, { mode: 0o600 })
  return file
}

/** The user's own git and ssh. */
async function git(key: string, ...args: string[]): Promise<{ status: number | null; said: string }> {
  const hosts = args[0] === 'wrong-hosts' ? 'wrong_hosts' : 'known_hosts'
  const child = spawn('git', args[0] === 'wrong-hosts' ? args.slice(1) : args, {
    cwd: work,
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: work,
      GIT_SSH_COMMAND: `ssh -F /dev/null -i ${key} -o IdentitiesOnly=yes -o UserKnownHostsFile=${join(folder, hosts)} -o StrictHostKeyChecking=yes -o BatchMode=yes`,
      GIT_AUTHOR_NAME: 'Dev',
      GIT_AUTHOR_EMAIL: 'dev@example.com',
      GIT_COMMITTER_NAME: 'Dev',
      GIT_COMMITTER_EMAIL: 'dev@example.com',
    },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  return { status: await new Promise((ended) => child.once('close', ended)), said }
}

const url = (owner = world.owner, name = owner.project.name) =>
  `ssh://git@127.0.0.1:${port}/${owner.organization.name}/${name}.git`

async function commit(message: string): Promise<void> {
  await git('none', 'init', '-q', '-b', 'main')
  await git('none', 'commit', '-q', '--allow-empty', '-m', message)
}

test('a user’s key pushes and fetches by the official client, and a push makes its pipeline', async () => {
  const key = await keyOf('github-user-key')
  await commit('over ssh')

  const pushed = await git(key, 'push', url(), 'HEAD:main')
  const cloned = await git(key, 'clone', '-q', url(), 'again')
  const blobless = await git(key, 'clone', '-q', '--filter=blob:none', url(), 'blobless')
  const empty = await git(key, 'push', url(), 'HEAD:main')

  expect(pushed).toMatchObject({ status: 0, said: expect.stringMatching(/remote: Pipeline \d+/) })
  expect([cloned.status, blobless.status, empty.status]).toEqual([0, 0, 0])
  expect((await git(key, '-C', 'again', 'log', '--format=%s')).said).toBe('over ssh\n')
  expect(errors).toEqual([])
})

test('a deploy key reads its own project, pushes nothing, and opens no other', async () => {
  const [key, foreign] = [await keyOf('deploy-key'), await keyOf('deploy-key', world.stranger)]
  const user = await keyOf('github-user-key')
  await commit('first')
  await git(user, 'push', '-f', url(), 'HEAD:main')

  const read = await git(key, 'ls-remote', url())
  const wrote = await git(key, 'push', url(), 'HEAD:other')
  const crossed = await git(foreign, 'ls-remote', url())
  const nowhere = await git(key, 'ls-remote', url(world.owner, 'nothing'))

  expect(read).toMatchObject({ status: 0, said: expect.stringContaining('refs/heads/main') })
  expect(wrote).toMatchObject({ status: 128, said: expect.stringContaining('reading only') })
  expect(crossed.said).toMatch(/Repository .* not found/)
  expect(nowhere.said).toMatch(/Repository .*nothing not found/)
})

test('a key that is nobody’s, or is deleted, opens nothing, and a host with another key is not spoken to', async () => {
  const unknown = join(work, 'unknown')
  writeFileSync(unknown, newSshKeyPair('x').privateKey, { mode: 0o600 })
  const key = await keyOf('deploy-key')
  const wrongHost = await git(key, 'wrong-hosts', 'ls-remote', url())
  const refused = await git(unknown, 'ls-remote', url())
  for (const { id } of await world.ports.checkoutKeys.of(world.owner.project.id))
    await world.ports.checkoutKeys.remove(id)
  const deleted = await git(key, 'ls-remote', url())

  expect(wrongHost.said).toContain('Host key verification failed')
  expect(refused.said).toContain('Permission denied (publickey)')
  expect(deleted.said).toContain('Permission denied (publickey)')
})

test('there is no shell, no other command, and no password', async () => {
  const key = await keyOf('deploy-key')
  const run = (...args: string[]) =>
    new Promise<{ status: number | null; said: string }>((resolve) => {
      const base = [
        '-F',
        '/dev/null',
        '-i',
        key,
        '-p',
        String(port),
        '-o',
        `UserKnownHostsFile=${join(folder, 'known_hosts')}`,
      ]
      const child = spawn('ssh', [...base, '-o', 'BatchMode=yes', ...args], {
        env: { PATH: '/usr/bin:/bin', HOME: work },
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
      child.once('close', (status) => resolve({ status, said }))
    })

  expect(await run('git@127.0.0.1', 'cat /etc/passwd')).toMatchObject({
    status: 1,
    said: expect.stringContaining('Only git clone, fetch and push'),
  })
  expect(await run('git@127.0.0.1', "git-upload-pack '/../../etc'")).toMatchObject({ status: 1 })
  expect(await run('git@127.0.0.1')).toMatchObject({ status: 1, said: expect.stringContaining('no shell') })
  expect((await run('-o', 'PubkeyAuthentication=no', 'git@127.0.0.1', 'x')).said).toContain('Permission denied')
})
