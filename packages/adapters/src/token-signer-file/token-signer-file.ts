import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock, PublicJwk, TokenSigner } from '@rondo/model'
import { createKeys, newSigningKey, readKeys, replaceKeys, type SigningKey } from './key-file.ts'
import { writePublished } from './published-keys-file.ts'

const signAsync = promisify(sign)
const hourMs = 3_600_000
/** A key is published for so long before it signs: whoever caches the keys has it by then. */
const leadMs = 24 * hourMs
/** A key signs for so long at most; the next one is made `leadMs` before. */
const signsMs = 30 * 24 * hourMs
/** A key that signs no more stays published for so long: longer than any token is valid. */
const trailMs = 48 * hourMs
/** Another process may have made a key. */
const readAgainMs = 60_000

/**
 * Signing keys in one file, for its owner only, made when there is none and replaced by themselves every 30 days; any number
 * of processes may share it. `publishedPath`: where the public halves are written for `createFilePublishedKeys`.
 */
export function createFileTokenSigner(path: string, clock: Pick<Clock, 'now'>, publishedPath?: string): TokenSigner {
  const opened = new Map<string, KeyObject>()
  let known: { readonly keys: readonly SigningKey[]; readonly at: number } | undefined

  async function keysAt(now: number): Promise<readonly SigningKey[]> {
    if (known !== undefined && Math.abs(now - known.at) < readAgainMs) return known.keys
    let keys = await readKeys(path)
    if (keys === undefined) {
      // What is signed at once can only be signed by a key that was there before: it counts as made that long ago.
      await createKeys(path, [await newSigningKey(new Date(now - leadMs))])
      keys = (await readKeys(path)) ?? []
    }
    keys = await replaceOld(path, keys, now)
    if (publishedPath !== undefined) await writePublished(publishedPath, published(keys, now).map(publicJwk))
    known = { keys, at: now }
    return keys
  }

  return {
    async sign(claims) {
      const key = signerAt(await keysAt(clock.now().getTime()), claims.iat * 1_000)
      const head = { alg: 'RS256', typ: 'JWT', kid: key.id }
      const text = `${encoded(head)}.${encoded(claims)}`
      const privateKey = opened.get(key.id) ?? createPrivateKey(key.privateKey)
      opened.set(key.id, privateKey)
      const signature = await signAsync('RSA-SHA256', Buffer.from(text), privateKey)
      return `${text}.${signature.toString('base64url')}`
    },
    async publicKeys() {
      const now = clock.now().getTime()
      return published(await keysAt(now), now).map(publicJwk)
    },
  }
}

/** The newest key that was published long enough; before all of them, the oldest. */
function signerAt(keys: readonly SigningKey[], at: number): SigningKey {
  return keys.findLast((key) => key.createdAt.getTime() + leadMs <= at) ?? keys[0]!
}

/** With a new key when the newest has nearly had its time, and without those whose tokens have all expired. */
async function replaceOld(path: string, keys: readonly SigningKey[], now: number): Promise<readonly SigningKey[]> {
  const newest = keys.at(-1)!
  if (now < newest.createdAt.getTime() + signsMs) return keys
  const replaced = [...published(keys, now), await newSigningKey(new Date(now))]
  await replaceKeys(path, replaced)
  // Of two processes that do this together one is the last, and its keys count for both.
  return (await readKeys(path)) ?? replaced
}

function published(keys: readonly SigningKey[], now: number): readonly SigningKey[] {
  return keys.filter((_key, at) => {
    const next = keys[at + 1]
    return next === undefined || now < next.createdAt.getTime() + leadMs + trailMs
  })
}

function publicJwk(key: SigningKey): PublicJwk {
  const { n = '', e = '' } = createPublicKey(key.privateKey).export({ format: 'jwk' })
  return { kty: 'RSA', use: 'sig', alg: 'RS256', kid: key.id, n, e }
}

function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
