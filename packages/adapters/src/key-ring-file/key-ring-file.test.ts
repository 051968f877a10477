import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFileKeyRing, rotateFileKeyRing } from './key-ring-file.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'key-ring-'))
  path = join(folder, 'key-ring.json')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each(['', 'x', 'hunter2', 'ünï-çødé 🔑', 'a'.repeat(32_768)])(
  'what was sealed opens again, and does not stand in the sealed form (%#) [I-046]',
  async (plaintext) => {
    const ring = await openFileKeyRing(path)

    const sealed = await ring.seal(plaintext, 'project:1')

    expect(await ring.open(sealed, 'project:1')).toBe(plaintext)
    if (plaintext.length > 3) expect(sealed.includes(Buffer.from(plaintext))).toBe(false)
  },
)

test('the same value sealed twice looks different each time', async () => {
  const ring = await openFileKeyRing(path)

  expect(await ring.seal('value', 'a')).not.toEqual(await ring.seal('value', 'a'))
})

test('a value sealed for one owner does not open for another', async () => {
  const ring = await openFileKeyRing(path)
  const sealed = await ring.seal('value', 'project:1')

  await expect(ring.open(sealed, 'project:2')).rejects.toThrow()
  await expect(ring.open(sealed, '')).rejects.toThrow()
})

test('no byte of the sealed form can be changed, and none left out', async () => {
  const ring = await openFileKeyRing(path)
  const sealed = await ring.seal('value', 'a')

  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at]! ^= 1
    await expect(ring.open(changed, 'a'), `byte ${at}`).rejects.toThrow()
    await expect(ring.open(sealed.subarray(0, at), 'a'), `${at} bytes`).rejects.toThrow()
  }
})

test('the ring is made once, readable by its owner only, and opens what it sealed before', async () => {
  const sealed = await (await openFileKeyRing(path)).seal('value', 'a')

  const again = await openFileKeyRing(path)

  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['key-ring.json'])
  expect(await again.open(sealed, 'a')).toBe('value')
})

test.each([0o640, 0o604, 0o660, 0o644])('a ring that others may read (%o) is refused with the cure', async (mode) => {
  await openFileKeyRing(path)
  chmodSync(path, mode)

  await expect(openFileKeyRing(path)).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining(`chmod 600 ${path}`),
  })
})

test('after a rotation the newest key seals, and older ones still open', async () => {
  const before = await openFileKeyRing(path)
  const old = await before.seal('value', 'a')

  await rotateFileKeyRing(path)
  const after = await openFileKeyRing(path)
  const fresh = await after.seal('value', 'a')

  expect(await after.open(old, 'a')).toBe('value')
  expect(await after.open(fresh, 'a')).toBe('value')
  expect(fresh.readUInt32BE(1)).toBe(old.readUInt32BE(1) + 1)
  await expect(before.open(fresh, 'a')).rejects.toThrow('not on the ring')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test.each(['', '{', 'null', '{"keys":[]}', '{"keys":[{"id":1,"secret":"c2hvcnQ="}]}'])(
  'a ring of %j is refused before anything is sealed with it',
  async (text) => {
    writeFileSync(path, text, { mode: 0o600 })

    await expect(openFileKeyRing(path)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(path),
    })
  },
)
