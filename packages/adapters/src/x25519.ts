import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'

/** Sealing for who has the private half of an X25519 pair: what two pairs have in common becomes the key of AES-256-GCM. */

/** Length of either half, in bytes. */
export const halfBytes = 32
export const nonceBytes = 12
export const tagBytes = 16

export interface AesKey {
  readonly key: Buffer
  readonly nonce: Buffer
}

export interface Meeting {
  /** One's own. */
  readonly privateHalf: KeyObject
  /** The other's, as bytes. */
  readonly publicHalf: Buffer
  /** What else both ends know of this sealing. */
  readonly salt: Buffer
  /** Keeps keys of one use from another. */
  readonly purpose: string
}

/** A key for one text. Throws when `publicHalf` is one of the few points that have the same in common with everybody. */
export function aesKeyOf({ privateHalf, publicHalf, salt, purpose }: Meeting): AesKey {
  const common = diffieHellman({ privateKey: privateHalf, publicKey: publicKeyOf(publicHalf) })
  const derived = Buffer.from(hkdfSync('sha256', common, salt, purpose, 32 + nonceBytes))
  return { key: derived.subarray(0, 32), nonce: derived.subarray(32) }
}

/** Tag and ciphertext. */
export function encrypt({ key, nonce }: AesKey, plaintext: string, authenticated: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(authenticated)
  const ciphertext = [cipher.update(plaintext, 'utf8'), cipher.final()]
  return Buffer.concat([cipher.getAuthTag(), ...ciphertext])
}

/** Throws when a bit of anything was changed. */
export function decrypt({ key, nonce }: AesKey, tagAndText: Buffer, authenticated: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(authenticated).setAuthTag(tagAndText.subarray(0, tagBytes))
  return Buffer.concat([decipher.update(tagAndText.subarray(tagBytes)), decipher.final()]).toString('utf8')
}

/** What stands before the 32 bytes of an X25519 key: PKCS 8 around a private one, SPKI around a public one (RFC 8410). */
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex')

export function privateKeyOf(bytes: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([privatePrefix, bytes]), format: 'der', type: 'pkcs8' })
}

function publicKeyOf(bytes: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, bytes]), format: 'der', type: 'spki' })
}

export function bytesOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length)
}
