import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'

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

interface AesKey {
  readonly key: Buffer
  readonly nonce: Buffer
}

/** More than the secrets of a large installation; about 2 MB. */
const mostKnown = 10_000
const headerBytes = 5
const publicBytes = 32
const nonceBytes = 12
const tagBytes = 16

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
  const common = diffieHellman({ privateKey: once.privateKey, publicKey: publicKeyOf(publicHalf) })
  const { key, nonce } = derive(common, head, publicHalf)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(authenticated(head, scope))
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return Buffer.concat([head, cipher.getAuthTag(), ciphertext])
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
  const headEnd = headerBytes + publicBytes
  if (sealed.length < headEnd + tagBytes) throw cutOff()
  const head = sealed.subarray(0, headEnd)
  return decrypt({ ...aesKeyOf(key, head), head, scope }, sealed.subarray(headEnd))
}

/** Costs a third of a millisecond the first time. */
function aesKeyOf({ privateHalf, publicHalf, known }: OpeningKey, head: Buffer): AesKey {
  const name = head.toString('latin1')
  const found = known.get(name)
  if (found !== undefined) return found
  const common = diffieHellman({ privateKey: privateHalf, publicKey: publicKeyOf(head.subarray(headerBytes)) })
  const derived = derive(common, head, publicHalf)
  if (known.size >= mostKnown) known.clear()
  known.set(name, derived)
  return derived
}

/** As secrets were sealed until the public half was enough: version, key id, nonce (12), tag, ciphertext under the key itself. */
function openVersion1(secret: Buffer, sealed: Buffer, scope: string): string {
  const nonceEnd = headerBytes + nonceBytes
  if (sealed.length < nonceEnd + tagBytes) throw cutOff()
  const head = sealed.subarray(0, headerBytes)
  return decrypt({ key: secret, nonce: sealed.subarray(headerBytes, nonceEnd), head, scope }, sealed.subarray(nonceEnd))
}

/** The private half is derived, so that the ring's key itself goes on opening what version 1 sealed, and serves no second purpose. */
export function openingKeyOf(id: number, secret: Buffer): OpeningKey {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'rondo sealing key', 32))
  const privateHalf = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' })
  return { id, secret, privateHalf, publicHalf: bytesOf(createPublicKey(privateHalf)), known: new Map() }
}

interface Opening extends AesKey {
  readonly head: Buffer
  readonly scope: string
}

function decrypt({ key, nonce, head, scope }: Opening, tagAndText: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(authenticated(head, scope)).setAuthTag(tagAndText.subarray(0, tagBytes))
  return Buffer.concat([decipher.update(tagAndText.subarray(tagBytes)), decipher.final()]).toString('utf8')
}

function derive(common: Buffer, head: Buffer, publicHalf: Buffer): AesKey {
  const salt = Buffer.concat([head, publicHalf])
  const derived = Buffer.from(hkdfSync('sha256', common, salt, 'rondo sealed secret', 32 + nonceBytes))
  return { key: derived.subarray(0, 32), nonce: derived.subarray(32) }
}

function authenticated(head: Buffer, scope: string): Buffer {
  return Buffer.concat([head, Buffer.from(scope)])
}

/** What stands before the 32 bytes of an X25519 key: PKCS 8 around a private one, SPKI around a public one (RFC 8410). */
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex')

function publicKeyOf(bytes: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, bytes]), format: 'der', type: 'spki' })
}

function bytesOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length)
}

function cutOff(): Error {
  return new Error('the sealed secret is cut')
}
