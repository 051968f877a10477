import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contextScope, projectScope } from '@rondo/model'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFileKeyRing, rotateFileKeyRing } from './key-ring-file.ts'
import { openingKeyOf, openSealed } from './sealed-form.ts'
import { createFileSealer } from './sealing-key-file.ts'

const scope = projectScope('5a1f')

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'key-ring-'))
  path = join(folder, 'key-ring.json')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each(['', 's3cret', 'ünïcode ☃', 'a\0b\r\n', 'x'.repeat(100_000)])(
  'what is sealed opens again',
  async (secret) => {
    const ring = await openFileKeyRing(path)

    expect(await ring.open(await ring.seal(secret, scope), scope)).toBe(secret)
  },
)

test('the file is made at the first start, for its owner only, and kept', async () => {
  const sealed = await (await openFileKeyRing(path)).seal('kept', scope)

  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['key-ring.json'])
  expect(await (await openFileKeyRing(path)).open(sealed, scope)).toBe('kept')
})

test('processes that start together use one ring', async () => {
  const rings = await Promise.all([1, 2, 3, 4].map(() => openFileKeyRing(path)))

  const sealed = await Promise.all(rings.map((ring) => ring.seal('shared', scope)))

  for (const secret of sealed) expect(await rings[0]!.open(secret, scope)).toBe('shared')
  expect(readdirSync(folder)).toEqual(['key-ring.json'])
})

test('sealing twice gives nothing to compare, and no part of the secret', async () => {
  const ring = await openFileKeyRing(path)

  const [a, b] = [await ring.seal('a long enough secret', scope), await ring.seal('a long enough secret', scope)]

  expect(a.equals(b)).toBe(false)
  expect(a.includes('secret')).toBe(false)
})

test('a secret sealed for one owner does not open for another', async () => {
  const ring = await openFileKeyRing(path)
  const sealed = await ring.seal('mine', scope)

  await expect(ring.open(sealed, projectScope('5a1e'))).rejects.toThrow()
  await expect(ring.open(sealed, contextScope('5a1f'))).rejects.toThrow()
})

test('a change of any byte, and any cut, is noticed', async () => {
  const ring = await openFileKeyRing(path)
  const sealed = await ring.seal('whole', scope)

  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at]! ^= 1
    await expect(ring.open(changed, scope)).rejects.toThrow()
    await expect(ring.open(sealed.subarray(0, at), scope)).rejects.toThrow()
  }
})

test('after a rotation the new key seals, old secrets open, and a running process learns of the key', async () => {
  const running = await openFileKeyRing(path)
  const old = await running.seal('old', scope)

  const id = await rotateFileKeyRing(path)

  const fresh = await openFileKeyRing(path)
  const sealed = await fresh.seal('new', scope)
  expect(sealed.readUInt32BE(1)).toBe(id)
  expect(id).toBe(old.readUInt32BE(1) + 1)
  expect(await fresh.open(old, scope)).toBe('old')
  expect(await running.open(sealed, scope)).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

describe('whoever has what a ring published', () => {
  const published = () => join(folder, 'sealing-key.json')

  test('seals what the ring opens, and has nothing that opens it [S-09]', async () => {
    const ring = await openFileKeyRing(path, published())
    const sealer = createFileSealer(published())

    const sealed = await sealer.seal('told to the web process', scope)

    expect(await ring.open(sealed, scope)).toBe('told to the web process')
    expect(Object.keys(sealer)).toEqual(['seal'])
    // Whatever stands in the published file, taken for a key, opens neither this nor what the ring itself sealed.
    const ring32 = Buffer.from(JSON.parse(readFileSync(path, 'utf8')).keys[0].secret, 'base64')
    const { publicHalf } = JSON.parse(readFileSync(published(), 'utf8')) as { publicHalf: string }
    expect(readFileSync(published(), 'utf8')).not.toContain(ring32.toString('base64'))
    for (const text of [sealed, await ring.seal('sealed by the ring', scope)]) {
      expect(openSealed(openingKeyOf(1, ring32), text, scope)).toMatch(/web process|by the ring/)
      expect(() => openSealed(openingKeyOf(1, Buffer.from(publicHalf, 'base64')), text, scope)).toThrow()
    }
  })

  test('seals with the newest key once the ring was opened anew', async () => {
    await openFileKeyRing(path, published())
    const sealer = createFileSealer(published())
    const id = await rotateFileKeyRing(path)
    const ring = await openFileKeyRing(path, published())

    const sealed = await sealer.seal('new', scope)

    expect(sealed.readUInt32BE(1)).toBe(id)
    expect(await ring.open(sealed, scope)).toBe('new')
  })

  test('is told what to start when nothing was published, and what to remove when it is broken', async () => {
    const sealer = createFileSealer(published())

    await expect(sealer.seal('x', scope)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('role agents'),
    })
    for (const content of ['', '{}', '{"id":1,"publicHalf":"c2hvcnQ="}']) {
      writeFileSync(published(), content)
      await expect(sealer.seal('x', scope)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('Remove it'),
      })
    }
  })
})

test('what was sealed under the ring’s key itself, as before there was a public half, still opens', async () => {
  // Key 1 is 32 times 0x07; made by the version that sealed so, of "from before".
  const secret = Buffer.alloc(32, 7)
  const keys = [{ id: 1, secret: secret.toString('base64'), createdAt: '2026-01-01T00:00:00.000Z' }]
  writeFileSync(path, JSON.stringify({ keys }), { mode: 0o600 })
  const old = Buffer.from('AQAAAAHMbOVejhqB0pBKbEEM/9dr5NePqvMH5SDzkRvay4cuO51lGF1ajkQ=', 'base64')

  const ring = await openFileKeyRing(path)

  expect(await ring.open(old, scope)).toBe('from before')
  await expect(ring.open(old, contextScope('5a1f'))).rejects.toThrow()
})

test('a secret whose key is gone does not open', async () => {
  const sealed = await (await openFileKeyRing(path)).seal('lost', scope)
  rmSync(path)

  await expect((await openFileKeyRing(path)).open(sealed, scope)).rejects.toThrow()
})

test.each([0o640, 0o604, 0o660, 0o777])('a ring that others can read is refused with the cure (%o)', async (mode) => {
  await openFileKeyRing(path)
  chmodSync(path, mode)

  await expect(openFileKeyRing(path)).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining(`chmod 600 ${path}`),
  })
  await expect(rotateFileKeyRing(path)).rejects.toMatchObject({ code: 'forbidden' })
})

test.each(['', '{', '{}', '{"keys":[]}', '{"keys":[{"id":1,"secret":"c2hvcnQ=","createdAt":""}]}'])(
  '%j is no key ring, and is not written over',
  async (content) => {
    writeFileSync(path, content, { mode: 0o600 })

    await expect(openFileKeyRing(path)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('backup'),
    })
    expect(readFileSync(path, 'utf8')).toBe(content)
  },
)
