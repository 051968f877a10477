import { generateKeyPairSync } from 'node:crypto'
import { AppError, type BoxContent, type BoxKey, type BoxSealer } from '@rondo/model'
import { type AesKey, aesKeyOf, bytesOf, decrypt, encrypt, halfBytes, tagBytes } from '../x25519.ts'

const version = 1
const headBytes = 1 + halfBytes

/**
 * A box: version (1 byte), public half of an X25519 pair made for this box alone (32), tag (16), ciphertext; in base64. Key and nonce
 * of AES-256-GCM are HKDF-SHA256 of what the two pairs have in common; all before the tag, and what the box holds for whom, are
 * authenticated.
 */
export const boxSealer: BoxSealer = {
  seal(plaintext, key, content) {
    const publicHalf = Buffer.from(key, 'base64url')
    if (publicHalf.length !== halfBytes) throw noKey()
    const once = generateKeyPairSync('x25519')
    const head = Buffer.concat([Buffer.of(version), bytesOf(once.publicKey)])
    let aesKey: AesKey
    try {
      aesKey = boxKeyOf(once.privateKey, publicHalf, Buffer.concat([head, publicHalf]))
    } catch (cause) {
      throw noKey(cause)
    }
    return Buffer.concat([head, encrypt(aesKey, plaintext, authenticated(head, content))]).toString('base64')
  },
}

/** A pair for one question. */
export function newBoxKey(): BoxKey {
  const own = generateKeyPairSync('x25519')
  const publicHalf = bytesOf(own.publicKey)
  return {
    publicHalf: publicHalf.toString('base64url'),
    open(box, content) {
      const bytes = Buffer.from(box, 'base64')
      if (bytes.length < headBytes + tagBytes || bytes[0] !== version)
        throw new Error('this is no box that is known here')
      const head = bytes.subarray(0, headBytes)
      const aesKey = boxKeyOf(own.privateKey, head.subarray(1), Buffer.concat([head, publicHalf]))
      return decrypt(aesKey, bytes.subarray(headBytes), authenticated(head, content))
    },
  }
}

function boxKeyOf(
  privateHalf: Parameters<typeof aesKeyOf>[0]['privateHalf'],
  publicHalf: Buffer,
  salt: Buffer,
): AesKey {
  return aesKeyOf({ privateHalf, publicHalf, salt, purpose: 'rondo box' })
}

function authenticated(head: Buffer, { kind, attemptId, epoch }: BoxContent): Buffer {
  return Buffer.concat([head, Buffer.from(`${kind} ${attemptId} ${epoch}`)])
}

function noKey(cause?: unknown): AppError {
  return new AppError('bad-request', 'The call’s key is none that boxes are sealed for: an X25519 key is 32 bytes.', {
    cause,
  })
}
