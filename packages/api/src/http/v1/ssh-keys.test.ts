import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { openFileKeyRing } from '@rondo/adapters'
import { projectScope } from '@rondo/model'
import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSshKeyPair } from '../../ssh-key-pair.ts'

let world: ApiWorld

beforeAll(async () => {
  world = await startApiWorld()
})

afterAll(() => world.stop())

async function ask(method: 'POST' | 'DELETE', payload: object, token = world.owner.token) {
  const url = `/api/v1.1/project/${world.slug}/ssh-key`
  return world.server.inject({ method, url, headers: { 'circle-token': token }, payload })
}

const kept = () => world.ports.sshKeys.of(world.owner.project.id)

test('keeps a private key, sealed, and deletes it by either fingerprint [I-019] [I-062]', async () => {
  const [one, two] = [newSshKeyPair('one'), newSshKeyPair('two')]

  const added = await ask('POST', { hostname: 'deploy.example.com', private_key: one.privateKey.trim() })
  await ask('POST', { private_key: two.privateKey })
  const [first, second] = await kept()
  const ring = await openFileKeyRing(join(world.database.folder, 'key-ring.json'))
  const opened = await ring.open(first!.sealed, projectScope(world.owner.project.id))

  expect({ status: added.statusCode, body: added.json() }).toEqual({ status: 201, body: {} })
  expect(first).toMatchObject({ hostname: 'deploy.example.com', md5: one.md5, sha256: one.sha256 })
  expect(second).toMatchObject({ hostname: '', sha256: two.sha256 })
  expect(first!.sealed.includes(one.privateKey.slice(100, 120))).toBe(false)
  expect(opened).toBe(one.privateKey)

  const removed = await ask('DELETE', { fingerprint: one.md5, hostname: 'deploy.example.com' })
  const again = await ask('DELETE', { fingerprint: one.md5, hostname: 'deploy.example.com' })
  await ask('DELETE', { fingerprint: two.sha256 })

  expect([removed.statusCode, again.statusCode]).toEqual([200, 404])
  expect(again.json().message).toContain(one.md5)
  expect(await kept()).toEqual([])
})

test('takes keys of other kinds and files, and replaces one that the host has', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const files = [
    rsa.export({ type: 'pkcs1', format: 'pem' }),
    rsa.export({ type: 'pkcs8', format: 'pem' }),
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({ type: 'sec1', format: 'pem' }),
  ] as string[]

  const answers = []
  for (const private_key of files)
    answers.push((await ask('POST', { hostname: 'h', private_key: private_key.replaceAll('\n', '\r\n') })).statusCode)

  expect(answers).toEqual([201, 201, 201])
  expect((await kept()).map((key) => key.publicKey.split(' ')[0]).sort()).toEqual(['ecdsa-sha2-nistp256', 'ssh-rsa'])
  for (const { sha256 } of await kept()) await ask('DELETE', { fingerprint: sha256 })
})

test('refuses what no job could use, and says why', async () => {
  const locked = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs1',
    format: 'pem',
    cipher: 'aes-128-cbc',
    passphrase: 'secret',
  })
  const cases = [
    [{ private_key: 'hello' }, 'no private SSH key'],
    [{ private_key: newSshKeyPair('x').publicKey }, 'public half'],
    [{ private_key: locked }, 'passphrase'],
    [{ private_key: newSshKeyPair('x').privateKey, hostname: 'a\nHost *' }, 'hostname'],
  ] as const

  for (const [body, reason] of cases) {
    const answer = await ask('POST', body)
    expect({ status: answer.statusCode, said: answer.json().message }).toEqual({
      status: 400,
      said: expect.stringContaining(reason),
    })
  }
  expect((await ask('POST', { private_key: newSshKeyPair('x').privateKey }, world.stranger.token)).statusCode).toBe(404)
  expect(await kept()).toEqual([])
})
