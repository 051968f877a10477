import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { AppError, type KeyRing } from '@rondo/model'

interface KeyFile {
  /** Newest last; the newest seals, all open. */
  readonly keys: readonly { readonly id: number; readonly secret: string; readonly createdAt: string }[]
}

const formatVersion = 1
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM under a key ring kept in one file, readable by its owner only. Sealed form: version (1 byte), key id
 * (4 bytes, big endian), nonce (12), tag (16), ciphertext. The scope is authenticated with it.
 */
export async function openFileKeyRing(path: string): Promise<KeyRing> {
  const ring = await readRing(path)
  const keys = new Map(ring.keys.map((key) => [key.id, Buffer.from(key.secret, 'base64')]))
  const newest = ring.keys.at(-1)!
  return {
    async seal(plaintext, scope) {
      const header = Buffer.alloc(5)
      header.writeUInt8(formatVersion, 0)
      header.writeUInt32BE(newest.id, 1)
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', keys.get(newest.id)!, nonce).setAAD(Buffer.from(scope))
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([header, nonce, cipher.getAuthTag(), ciphertext])
    },
    async open(sealed, scope) {
      const key =
        sealed.length >= 5 + nonceBytes + tagBytes && sealed.readUInt8(0) === formatVersion
          ? keys.get(sealed.readUInt32BE(1))
          : undefined
      if (key === undefined) throw new Error('the secret was sealed with a key that is not on the ring')
      const nonce = sealed.subarray(5, 5 + nonceBytes)
      const tag = sealed.subarray(5 + nonceBytes, 5 + nonceBytes + tagBytes)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
        .setAAD(Buffer.from(scope))
        .setAuthTag(tag)
      return Buffer.concat([decipher.update(sealed.subarray(5 + nonceBytes + tagBytes)), decipher.final()]).toString(
        'utf8',
      )
    },
  }
}

/** Adds a key that seals from now on; older ones go on opening. */
export async function rotateFileKeyRing(path: string): Promise<void> {
  const ring = await readRing(path)
  await writeRing(path, { keys: [...ring.keys, newKey((ring.keys.at(-1)?.id ?? 0) + 1)] })
}

async function readRing(path: string): Promise<KeyFile> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) {
    const fresh: KeyFile = { keys: [newKey(1)] }
    await writeRing(path, fresh)
    return fresh
  }
  if ((found.mode & 0o077) !== 0) {
    throw new AppError(
      'forbidden',
      `The key ring ${path} can be read by others. Close it: chmod 600 ${path}; and rotate the keys if someone may have copied it.`,
    )
  }
  return parseRing(path, await readFile(path, 'utf8'))
}

/** A ring that is damaged is refused as a whole: sealing with a part of it would make secrets nobody can open. */
function parseRing(path: string, text: string): KeyFile {
  try {
    const ring: KeyFile = JSON.parse(text)
    if (
      ring.keys.length > 0 &&
      ring.keys.every((key) => Number.isInteger(key.id) && Buffer.from(key.secret, 'base64').length === keyBytes)
    )
      return ring
  } catch {
    // Said below, without the text: a part of a key may stand in it.
  }
  throw new AppError(
    'unavailable',
    `The key ring ${path} is damaged. Restore it from a backup; without it no secret can be read.`,
  )
}

function newKey(id: number): KeyFile['keys'][number] {
  return { id, secret: randomBytes(keyBytes).toString('base64'), createdAt: new Date().toISOString() }
}

/** Whole or not at all: a torn key ring would lose every secret. */
async function writeRing(path: string, ring: KeyFile): Promise<void> {
  const temporary = `${path}.${process.pid}.new`
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile(JSON.stringify(ring, null, 2))
  await file.sync()
  await file.close()
  await rename(temporary, path)
}
