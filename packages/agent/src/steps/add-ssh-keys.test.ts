import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddSshKeysStep } from '@rondo/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runTask } from '../testing/run-task.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ssh-keys-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const one = {
  hostname: 'one.example.com',
  md5: '0a:0b',
  sha256: 'SHA256:oneONE+/1',
  privateKey: 'PRIVATE one\nsecond line\n',
}
const two = { hostname: '', md5: '0c:0d', sha256: 'SHA256:two', privateKey: 'PRIVATE two\n' }

const step = (...fingerprints: string[]): AddSshKeysStep => ({ type: 'add_ssh_keys', fingerprints, origin })

function run(...steps: Parameters<typeof taskSpec>[0]) {
  return runTask(
    home,
    taskSpec(steps, {
      sshKeys: [two, one],
      secrets: [one.privateKey, two.privateKey],
      knownHosts: ['own.example.com ssh-ed25519 AAAA'],
    }),
  )
}

const file = (name: string) => readFileSync(join(home, '.ssh', name), 'utf8')

test('without fingerprints every key is installed, with an entry for its host [I-019]', async () => {
  const { server, ends } = await run(step())

  expect(ends.at(-1), server.output(2)).toBe('passed')
  expect([file('id_rsa_0a0b'), file('id_rsa_0c0d')]).toEqual([one.privateKey, two.privateKey])
  expect(statSync(join(home, '.ssh/id_rsa_0a0b')).mode & 0o777).toBe(0o600)
  expect(file('config')).toBe(
    `\nHost one.example.com\n  IdentitiesOnly yes\n  IdentityFile ${home}/.ssh/id_rsa_0a0b\n\nHost *\n  IdentitiesOnly no\n  IdentityFile ${home}/.ssh/id_rsa_0c0d\n`,
  )
  expect(file('known_hosts')).toMatch(/^github\.com ssh-ed25519 AAAA[\s\S]*own\.example\.com ssh-ed25519 AAAA\n$/)
  expect(server.output(2)).toContain('Installed the key 0a:0b for one.example.com')
})

test.each([['0A:0b'], ['MD5:0a:0b'], ['SHA256:oneONE+/1'], ['SHA256:oneONE+/1=']])(
  'the fingerprint %s names one key [I-019]',
  async (fingerprint) => {
    const { server } = await run(step(fingerprint), runStep('ls ~/.ssh'))

    expect(server.output(3)).toBe('config\nid_rsa_0a0b\nknown_hosts\n')
  },
)

test('a fingerprint of no key fails the step, names it, and installs nothing', async () => {
  const { server, ends } = await run(step('0a:0b', 'ff:ff'))

  expect(ends.slice(-2)).toEqual(['2 failed', 'failed'])
  expect(server.output(2)).toContain('no additional SSH key with the fingerprint ff:ff')
  expect(() => file('config')).toThrow()
})

test('a job that prints its keys shows none of their lines [S-05]', async () => {
  const { server } = await run(step(), runStep('cat ~/.ssh/id_rsa_*'))

  expect(server.output(3)).not.toMatch(/PRIVATE|second line/)
})
