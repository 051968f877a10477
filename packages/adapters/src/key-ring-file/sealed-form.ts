import { createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto'
import {
  type AesKey,
  aesKeyOf,
  bytesOf,
  decrypt,
  encrypt,
  halfBytes,
  nonceBytes,
  privateKeyOf,
  tagBytes,
} from '../x25519.ts'

/** With what secrets are sealed for a key of the ring; it opens none. */
export interface SealingKey {
  readonly id: number
  /** X25519, 32 bytes. */
  readonly publicHalf: Buffer
}

/** What opens secrets: a key of the ring, made ready once. */
export interface OpeningKey {
  readonly id: number
  /** 32 bytes, under which version 1 was sealed. */
  readonly secret: Buffer
  readonly privateHalf: KeyObject
  readonly publicHalf: Buffer
  /** What it has in common with secrets it opened lately, by their heads: jobs of a project get the same ones again and again. */
  readonly known: Map<string, AesKey>
}

/** More than the secrets of a large installation; about 2 MB. */
const mostKnown = 10_000
const headerBytes = 5
const purpose = 'rondo sealed secret'

/**
 * Version 2 of the sealed form, for which the public half of a key is enough: version (1 byte), key id (4, big endian), public half
 * of an X25519 pair made for this secret alone (32), tag (16), ciphertext. Key and nonce of AES-256-GCM are HKDF-SHA256 of what the
 * two pairs have in common; all before the tag, and the scope, are authenticated.
 */
export function sealFor({ id, publicHalf }: SealingKey, plaintext: string, scope: string): Buffer {
  const once = generateKeyPairSync('x25519')
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(2, 0)
  header.writeUInt32BE(id, 1)
  const head = Buffer.concat([header, bytesOf(once.publicKey)])
  const salt = Buffer.concat([head, publicHalf])
  const key = aesKeyOf({ privateHalf: once.privateKey, publicHalf, salt, purpose })
  return Buffer.concat([head, encrypt(key, plaintext, authenticated(head, scope))])
}

/** Id of the key that opens a secret. */
export function keyIdOf(sealed: Buffer): number {
  if (sealed.length < headerBytes) throw cutOff()
  return sealed.readUInt32BE(1)
}

/** Throws when a bit was changed, or the scope is another. */
export function openSealed(key: OpeningKey, sealed: Buffer, scope: string): string {
  const version = sealed.readUInt8(0)
  if (version === 1) return openVersion1(key.secret, sealed, scope)
  if (version !== 2) throw new Error(`the secret was sealed in version ${version} of the format, which is not known`)
  const headEnd = headerBytes + halfBytes
  if (sealed.length < headEnd + tagBytes) throw cutOff()
  const head = sealed.subarray(0, headEnd)
  return decrypt(knownKeyOf(key, head), sealed.subarray(headEnd), authenticated(head, scope))
}

/** Costs a third of a millisecond the first time. */
function knownKeyOf({ privateHalf, publicHalf, known }: OpeningKey, head: Buffer): AesKey {
  const name = head.toString('latin1')
  const found = known.get(name)
  if (found !== undefined) return found
  const salt = Buffer.concat([head, publicHalf])
  const derived = aesKeyOf({ privateHalf, publicHalf: head.subarray(headerBytes), salt, purpose })
  if (known.size >= mostKnown) known.clear()
  known.set(name, derived)
  return derived
}

/** As secrets were sealed until the public half was enough: version, key id, nonce (12), tag, ciphertext under the key itself. */
function openVersion1(key: Buffer, sealed: Buffer, scope: string): string {
  const nonceEnd = headerBytes + nonceBytes
  if (sealed.length < nonceEnd + tagBytes) throw cutOff()
  const nonce = sealed.subarray(headerBytes, nonceEnd)
  return decrypt({ key, nonce }, sealed.subarray(nonceEnd), authenticated(sealed.subarray(0, headerBytes), scope))
}

/** The private half is derived, so that the ring's key itself goes on opening what version 1 sealed, and serves no second purpose. */
export function openingKeyOf(id: number, secret: Buffer): OpeningKey {
  const privateHalf = privateKeyOf(Buffer.from(hkdfSync('sha256', secret, '', 'rondo sealing key', halfBytes)))
  return { id, secret, privateHalf, publicHalf: bytesOf(createPublicKey(privateHalf)), known: new Map() }
}

function authenticated(head: Buffer, scope: string): Buffer {
  return Buffer.concat([head, Buffer.from(scope)])
}

function cutOff(): Error {
  return new Error('the sealed secret is cut')
}
