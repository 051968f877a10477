import { createPublicKey, verify } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PublicJwk } from '@rondo/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFilePublishedKeys } from './published-keys-file.ts'
import { createFileTokenSigner } from './token-signer-file.ts'

let folder: string
let path: string
let nowMs: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signing-'))
  path = join(folder, 'signing-keys.json')
  nowMs = Date.parse('2026-01-01T00:00:00Z')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = () => createFileTokenSigner(path, { now: () => new Date(nowMs) })
const claims = () => ({ sub: 'org/a', iat: Math.floor(nowMs / 1_000) })
const days = (count: number) => count * 86_400_000

function holds(token: string, keys: readonly PublicJwk[]): boolean {
  const [head = '', body = '', signature = ''] = token.split('.')
  const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString())
  const key = keys.find((one) => one.kid === kid)
  if (key === undefined || alg !== 'RS256') return false
  const publicKey = createPublicKey({ key: { ...key }, format: 'jwk' })
  return verify('RSA-SHA256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url'))
}

test('a token holds by the published keys, the same claims give the same token, and the private half is nowhere in them', async () => {
  const signer = open()

  const token = await signer.sign(claims())
  const keys = await signer.publicKeys()

  expect(holds(token, keys)).toBe(true)
  expect(await open().sign(claims())).toBe(token)
  expect(holds(`${token.slice(0, -4)}AAAA`, keys)).toBe(false)
  expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('processes that start together have one key', async () => {
  const all = await Promise.all([1, 2, 3].map(() => open().publicKeys()))

  expect(new Set(all.map((keys) => keys.map((key) => key.kid).join()))).toHaveLength(1)
})

test('a new key is published a day before it signs, and an old one until all of its tokens have expired', async () => {
  const signer = open()
  const first = await signer.sign(claims())
  const [old] = await signer.publicKeys()

  nowMs += days(30)
  const meanwhile = await signer.sign(claims())
  const both = (await signer.publicKeys()).map((key) => key.kid)
  nowMs += days(1)
  const next = await signer.sign(claims())
  const still = await signer.publicKeys()
  nowMs += days(3)
  const left = await signer.publicKeys()

  expect(both).toHaveLength(2)
  expect(both[0]).toBe(old?.kid)
  expect(holds(meanwhile, [old!])).toBe(true)
  expect(holds(next, [old!])).toBe(false)
  expect([first, meanwhile, next].every((token) => holds(token, still))).toBe(true)
  expect(left.map((key) => key.kid)).toEqual([both[1]])
})

test('keys that others may read, and a file that is none, are refused with the cure', async () => {
  await open().publicKeys()
  chmodSync(path, 0o644)
  await expect(open().publicKeys()).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('chmod 600'),
  })

  writeFileSync(path, '{}', { mode: 0o600 })
  chmodSync(path, 0o600)
  await expect(open().publicKeys()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('backup'),
  })
})

test('a process that signs nothing publishes the same keys without the private halves [S-09]', async () => {
  const published = join(folder, 'published-keys.json')
  const signer = createFileTokenSigner(path, { now: () => new Date(nowMs) }, published)
  let ms = 0
  const reader = createFilePublishedKeys(published, { monotonicMs: () => ms })
  await expect(reader.publicKeys()).rejects.toMatchObject({ code: 'unavailable' })

  const token = await signer.sign(claims())

  expect(holds(token, await reader.publicKeys())).toBe(true)
  expect(await reader.publicKeys()).toEqual(await signer.publicKeys())
  expect(readFileSync(published, 'utf8')).not.toMatch(/PRIVATE|"d"|"p"|"q"/)
  nowMs += days(30)
  await signer.sign(claims())
  ms += 60_000
  expect(await reader.publicKeys()).toHaveLength(2)
})
