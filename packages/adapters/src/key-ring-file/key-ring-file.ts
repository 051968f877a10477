import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeyRing } from '@rondo/model'
import { type Key, readOrMakeRing, readRing, writeRing } from './ring-file.ts'

const formatVersion = 1
const headerBytes = 5
const nonceBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM under a key ring kept in one file, readable by its owner only and made when there is none. The newest key
 * seals, all open. Sealed form: version (1 byte), key id (4 bytes, big endian), nonce (12, random), tag (16), ciphertext;
 * version, key id and scope are authenticated with it. AppError `forbidden` when others can read the file, `unavailable` when
 * it is no key ring.
 */
export async function openFileKeyRing(path: string): Promise<KeyRing> {
  let keys = await readOrMakeRing(path)

  async function keyOf(id: number): Promise<Key> {
    // A key that is not known may have come by a rotation while this process ran.
    if (!keys.some((key) => key.id === id)) keys = await readRing(path)
    const found = keys.find((key) => key.id === id)
    if (found !== undefined) return found
    throw new Error(`the secret was sealed with key ${id}, which is not on the ring`)
  }

  return {
    async seal(plaintext, scope) {
      const key = keys.at(-1)!
      const header = headerOf(key.id)
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key.secret, nonce).setAAD(authenticated(header, scope))
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([header, nonce, cipher.getAuthTag(), ciphertext])
    },
    async open(sealed, scope) {
      const { header, keyId, nonce, tag, ciphertext } = partsOf(sealed)
      const { secret } = await keyOf(keyId)
      const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: tagBytes })
      decipher.setAAD(authenticated(header, scope)).setAuthTag(tag)
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
    },
  }
}

/** Adds a key that seals from the next start on; the older ones go on opening. Answers its id. */
export async function rotateFileKeyRing(path: string): Promise<number> {
  const keys = await readRing(path)
  const id = Math.max(...keys.map((key) => key.id)) + 1
  await writeRing(path, [...keys, { id, secret: randomBytes(32), createdAt: new Date() }])
  return id
}

function headerOf(keyId: number): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(formatVersion, 0)
  header.writeUInt32BE(keyId, 1)
  return header
}

function authenticated(header: Buffer, scope: string): Buffer {
  return Buffer.concat([header, Buffer.from(scope)])
}

function partsOf(sealed: Buffer) {
  if (sealed.length < headerBytes + nonceBytes + tagBytes) throw new Error('the sealed secret is cut')
  const version = sealed.readUInt8(0)
  if (version !== formatVersion)
    throw new Error(`the secret was sealed in version ${version} of the format, which is not known`)
  const nonceEnd = headerBytes + nonceBytes
  return {
    header: sealed.subarray(0, headerBytes),
    keyId: sealed.readUInt32BE(1),
    nonce: sealed.subarray(headerBytes, nonceEnd),
    tag: sealed.subarray(nonceEnd, nonceEnd + tagBytes),
    ciphertext: sealed.subarray(nonceEnd + tagBytes),
  }
}
